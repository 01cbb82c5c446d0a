import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A listener that new connections never stop coming to has to close some time. */
const MOST_ACCEPT_TURNS = 1_000;

/**
 * Accepts what waits in the kernel's queue, and then nothing more; cuts nobody. A listener that closes resets whatever
 * is still in that queue, and libuv takes a single connection out of it per turn of the event loop (1.52).
 *
 * `http.Server.close()` would destroy idle connections, with the request on the wire that is about to arrive on one of
 * them, and would stop the timer that ends slow requests; the close of a plain TCP server does neither.
 *
 * @param accepted how many connections were accepted so far.
 */
export async function stopListening(server: Server, accepted: () => number): Promise<void> {
  let quietTurns = 0;
  for (let turns = 0; quietTurns < 2 && turns < MOST_ACCEPT_TURNS; turns += 1) {
    const before = accepted();
    await turn();
    quietTurns = accepted() === before ? quietTurns + 1 : 0;
  }
  TcpServer.prototype.close.call(server);
}
