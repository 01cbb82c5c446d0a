import { request } from 'node:http';

const CEILING_MS = 5_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks once, on a connection of its own. Undefined when nobody answers. */
export function get(port: number, path: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(CEILING_MS);
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, signal }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    outgoing.on('error', () => resolve(undefined)).end();
  });
}
