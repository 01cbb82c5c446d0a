import { once } from 'node:events';
import type { Server } from 'node:http';

interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

/** A port cannot be bound; the message says which, and what to do. */
export class ListenError extends Error {
  constructor(cause: SystemError) {
    const where = `${cause.address ?? 'every interface'}, port ${cause.port ?? 'unknown'}`;
    const { code = '', message } = cause;
    const host = `HOST is no address of this machine (${message}). Leave it unset for every interface.`;
    const advice: Readonly<Record<string, string>> = {
      EADDRINUSE: `${where} is in use by another program. End that one, or set PORT or MANAGEMENT_PORT.`,
      EACCES: `no permission to listen on ${where}. Set PORT and MANAGEMENT_PORT to 1024 or more.`,
      EADDRNOTAVAIL: host,
      ENOTFOUND: host,
      EAI_AGAIN: host,
      ERR_SERVER_ALREADY_LISTEN:
        'the application listens already. Take listen() out of setup() in src/app.ts: Ebb calls it.',
    };
    super(advice[code] ?? `cannot listen on ${where} (${message}).`, { cause });
    this.name = 'ListenError';
  }
}

/**
 * Listens, and returns the port: the given one, or the one that the system chose for 0.
 *
 * @param host every interface when absent.
 * @throws {@link ListenError} (a rejection) when the port cannot be bound.
 */
export async function listen(server: Server, port: number, host?: string): Promise<number> {
  try {
    server.listen({ port, ...(host === undefined ? {} : { host }) });
    await once(server, 'listening');
  } catch (error) {
    throw isSystemError(error) ? new ListenError(error) : error;
  }
  return portOf(server);
}

function isSystemError(error: unknown): error is SystemError {
  return typeof error === 'object' && error !== null && 'code' in error;
}

/** The port that a server listens on; 0 where it listens on none. */
export function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}
