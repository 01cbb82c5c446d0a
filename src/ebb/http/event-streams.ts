/**
 * Server-sent events while the pod leaves. A stream never ends by itself, so it would hold the pod to the end of the drain and be
 * cut. Ended in the middle of the lame duck its client comes back by itself, to another pod.
 */
import type { Exchange } from './exchange.js';

/** How soon a client comes back, at random between these: all at once would be a stampede on those that stay. */
const LEAST_RETRY_MS = 500;
const MOST_RETRY_MS = 1_500;

/**
 * Ends the streams, evenly over some time.
 *
 * @param overMs 0 ends all at once.
 */
export class EventStreams {
  readonly #told = new WeakSet<Exchange>();
  #until = -Infinity;

  /** From now on streams are told to go: those that are there, evenly until `overMs` have passed, the oldest first. */
  leave(streams: readonly Exchange[], overMs: number): void {
    this.#until = performance.now() + overMs;
    streams.forEach((stream, index) => this.#end(stream, (overMs * (index + 1)) / streams.length));
  }

  /** One that came later: it is served like the others and ended with the last of them. A refusal would close it for good. */
  came(stream: Exchange): void {
    const leftMs = Math.max(this.#until - performance.now(), 0);
    this.#end(stream, Math.random() * leftMs);
  }

  #end(stream: Exchange, afterMs: number): void {
    if (this.#told.has(stream)) {
      return;
    }
    this.#told.add(stream);
    setTimeout(() => end(stream), afterMs);
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
  // What the application still says goes nowhere, instead of failing.
  Object.assign(response, { write: goesNowhere, end: () => response });
}

function goesNowhere(): boolean {
  return true;
}
