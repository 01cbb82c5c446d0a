import { once } from 'node:events';
import type { Server } from 'node:http';

/**
 * Listens, and returns the port: the given one, or the one that the system chose for 0.
 *
 * @param host every interface when absent.
 * @throws Error (a rejection) with the system's code when the port cannot be bound.
 */
export async function listen(server: Server, port: number, host?: string): Promise<number> {
  server.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(server, 'listening');
  return portOf(server);
}

/** The port that a server listens on; 0 where it listens on none. */
export function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}
