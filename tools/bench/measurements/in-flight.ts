import { once } from 'node:events';
import { request } from 'node:http';
import { sharedNow } from '../processes/clock.js';
import { get } from '../processes/get.js';

/** A request that takes a while, on a keep-alive connection of its own. */
export class InFlight {
  /** When the answer was there; rejects when it never came. */
  private constructor(readonly answeredAt: Promise<number>) {}

  /** Sends it. Resolves when the server has it. */
  static async send(port: number, seconds: number): Promise<InFlight> {
    const headers = { connection: 'keep-alive' };
    const outgoing = request({ host: '127.0.0.1', port, path: `/wait?seconds=${seconds}`, agent: false, headers });
    const answeredAt = new Promise<number>((resolve, reject) => {
      outgoing.once('error', (error) => {
        reject(new Error(`The request that was in flight got no answer: ${error.message}`, { cause: error }));
      });
      outgoing.once('response', (response) => {
        response.resume().once('end', () => resolve(sharedNow()));
        response.once('error', reject);
      });
    });
    // Looked at when the process is gone.
    answeredAt.catch(() => undefined);
    outgoing.end();
    await Promise.race([once(outgoing, 'finish'), answeredAt]);
    // The server has read what was sent before a request that it has answered: twice, because it may have read both at once.
    await get(port, '/');
    await get(port, '/');
    return new InFlight(answeredAt);
  }
}
