/**
 * Server-sent events while the pod leaves. A stream never ends by itself, so it would hold the pod to the end of the drain and be
 * cut. Ended in the middle of the lame duck its client comes back by itself, to another pod.
 */
import { goesNowhere, sayOver } from '../work/goodbyes.js';
import type { Exchange } from './exchange.js';

/** How soon a client comes back, at random between these: all at once would be a stampede on those that stay. */
const LEAST_RETRY_MS = 500;
export const MOST_RETRY_MS = 1_500;

export class EventStreams {
  #until = -Infinity;

  /**
   * Ends those that are there.
   *
   * @param streams the oldest first.
   * @param overMs how long that takes; 0 ends all at once.
   */
  leave(streams: readonly Exchange[], overMs: number): void {
    this.#until = performance.now() + overMs;
    sayOver(overMs, streams, end);
  }

  /** One that came later: it is served like the others and ended with the last of them. A refusal would close it for good. */
  came(stream: Exchange): void {
    const leftMs = Math.max(this.#until - performance.now(), 0);
    setTimeout(() => end(stream), Math.random() * leftMs);
  }
}

function end({ request, response }: Exchange): void {
  const { socket } = response;
  if (socket === null || response.writableEnded) {
    return;
  }
  const retryMs = Math.round(LEAST_RETRY_MS + Math.random() * (MOST_RETRY_MS - LEAST_RETRY_MS));
  // Raw, and not by the application's own stream: Nest gives each message an id, which would overwrite the client's.
  response.write(`retry: ${retryMs}\n\n`);
  // With a FIN. A client whose connection is kept comes back on it, to this very pod.
  response.once('finish', () => request.socket.destroySoon());
  response.end();
  Object.assign(response, { write: goesNowhere, end: () => response });
}
