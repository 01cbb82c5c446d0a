/** Bodies that do not arrive. What is slow is cut, what is long is not. */
import type { Connections } from './connections.js';
import type { Exchange } from './exchange.js';
import { refuse } from './problem.js';

/** The least that a client must send within its pause for it not to count as one. */
const LEAST_BYTES = 1_024;

/** How often they are looked at. */
const LOOK_EVERY_MS = 1_000;

/**
 * Answers 408 to a client that sends less than {@link LEAST_BYTES} of its body within `pauseMs`. Node itself limits the time of
 * the whole request, which a large body on a slow line exceeds without ever pausing.
 */
export function endSlowUploads(connections: Connections, pauseMs: number): void {
  const seen = new WeakMap<Exchange, { readonly bytes: number; readonly since: number }>();
  setInterval(() => {
    const now = performance.now();
    for (const exchange of connections.receiving) {
      const { readableHighWaterMark, readableLength, socket } = exchange.request;
      const { bytesRead } = socket;
      const before = seen.get(exchange);
      // Where as much waits as may, it is the handler that does not read.
      if (before === undefined || readableLength >= readableHighWaterMark || bytesRead - before.bytes >= LEAST_BYTES) {
        seen.set(exchange, { bytes: bytesRead, since: now });
      } else if (now - before.since >= pauseMs) {
        end(exchange);
      }
    }
  }, LOOK_EVERY_MS).unref();
}

function end({ request, response }: Exchange): void {
  if (response.headersSent) {
    request.socket.destroySoon();
  } else {
    refuse(response, 408);
  }
}
