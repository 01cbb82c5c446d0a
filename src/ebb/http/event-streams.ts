/**
 * Server-sent events while the pod leaves. A stream never ends by itself, so it would hold the pod to the end of the drain and be
 * cut. Ended in the middle of the lame duck its client comes back by itself, to another pod.
 */
import { goesNowhere, sayOver } from '../work/goodbyes.js';
import type { Exchange } from './exchange.js';

/** How soon a client comes back, at random between these: all at once would be a stampede on those that stay. */
const LEAST_RETRY_MS = 500;
export const MOST_RETRY_MS = 1_500;

/** Two ends of lines, of two characters each. */
const LONGEST_BLANK_LINE = 4;

export class EventStreams {
  #until = -Infinity;
  /** The last characters of each stream: a blank line ends an event. */
  readonly #tails = new WeakMap<object, string>();

  /** Follows what an answer writes that may become a stream. */
  follow({ response }: Exchange): void {
    const write: unknown = Reflect.get(response, 'write');
    if (typeof write !== 'function') {
      return;
    }
    Object.assign(response, {
      write: (...args: readonly unknown[]): unknown => {
        this.#tails.set(response, tailOf(this.#tails.get(response) ?? '', args[0]));
        return Reflect.apply(write, response, args);
      },
    });
  }

  /**
   * Ends those that are there.
   *
   * @param streams the oldest first.
   * @param overMs how long that takes; 0 ends all at once.
   */
  leave(streams: readonly Exchange[], overMs: number): void {
    this.#until = performance.now() + overMs;
    sayOver(overMs, streams, (stream) => this.#end(stream));
  }

  /** One that came later: it is served like the others and ended with the last of them. A refusal would close it for good. */
  came(stream: Exchange): void {
    const leftMs = Math.max(this.#until - performance.now(), 0);
    setTimeout(() => this.#end(stream), Math.random() * leftMs);
  }

  #end({ request, response }: Exchange): void {
    const { socket } = response;
    if (socket === null || response.writableEnded) {
      return;
    }
    const retryMs = Math.round(LEAST_RETRY_MS + Math.random() * (MOST_RETRY_MS - LEAST_RETRY_MS));
    // Raw, and not by the application's own stream: Nest gives each message an id, which would overwrite the client's. In the midst
    // of an event a comment ends its line, and no blank line its event: clients drop what has none (HTML, 9.2.6).
    const tail = this.#tails.get(response) ?? '';
    response.write(isBetweenEvents(tail) ? `retry: ${retryMs}\n\n` : `:\nretry: ${retryMs}\n`);
    // With a FIN. A client whose connection is kept comes back on it, to this very pod.
    response.once('finish', () => request.socket.destroySoon());
    response.end();
    Object.assign(response, { write: goesNowhere, end: () => response });
  }
}

function tailOf(before: string, chunk: unknown): string {
  if (typeof chunk === 'string') {
    return (before + chunk.slice(-LONGEST_BLANK_LINE)).slice(-LONGEST_BLANK_LINE);
  }
  return chunk instanceof Uint8Array
    ? (before + Buffer.from(chunk.subarray(-LONGEST_BLANK_LINE)).toString('latin1')).slice(-LONGEST_BLANK_LINE)
    : before;
}

function isBetweenEvents(tail: string): boolean {
  return /^[\r\n]*$/.test(tail) || /(?:\r\n|\n|\r)(?:\r\n|\n|\r)$/.test(tail);
}
