import { createServer } from 'node:http';
import type { Config } from '../config/config.js';
import { listen } from '../http/listen.js';

/** What answers on the management port as long as there is no application. */
export interface WaitingRoom {
  readonly port: number;
  close(): void;
}

/**
 * Answers 503 to whatever is asked, so that a start that has to wait is seen as one that goes on. The
 * {@link ManagementListener} takes the port over.
 *
 * @throws Error (a rejection) with the system's code when the port cannot be bound.
 */
export async function openWaitingRoom({ managementPort, host }: Config): Promise<WaitingRoom> {
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Connection: 'close' });
    response.end('{"status":"starting"}');
  });
  const port = await listen(server, managementPort, host);
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
