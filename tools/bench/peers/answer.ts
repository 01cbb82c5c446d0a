/** What every subject answers at `GET /`: small, as the answers of most APIs are, so that the server is measured and not JSON. */
export const ANSWER = { message: 'Hello, world!', num: 42 } as const;

/**
 * How long an idle connection is kept, in milliseconds. Longer than a load balancer keeps it, as behind one it has to be, and as
 * Ebb has it; Node's own 5 s would close connections in the middle of a measurement.
 */
export const KEEP_ALIVE_MS = 75_000;

export const PORT = Number(process.env['PORT'] ?? 3000);

export const HOST = '127.0.0.1';
