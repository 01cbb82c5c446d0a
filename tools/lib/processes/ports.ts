import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which Linux and macOS take the ports of outgoing connections: a port of that range could be taken
// by a client of this very run between the moment it is found free and the moment a pod listens on it.
const FIRST = 20_000;
const LAST = 29_999;

/** Finds free ports, each once. */
export class Ports {
  #next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

  async take(): Promise<number> {
    for (let tries = 0; tries <= LAST - FIRST; tries += 1) {
      const port = this.#next;
      this.#next = port === LAST ? FIRST : port + 1;
      if (await isFree(port)) {
        return port;
      }
    }
    throw new Error(`No port from ${FIRST} to ${LAST} is free.`);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
