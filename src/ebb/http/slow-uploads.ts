/** Bodies that do not arrive. What is slow is cut, what is long is not. */
import { STATUS_CODES } from 'node:http';
import type { Connections } from './connections.js';
import type { Exchange } from './exchange.js';

/** The least that a client must send within its pause for it not to count as one. */
const LEAST_BYTES = 1_024;

/** How often they are looked at. */
const LOOK_EVERY_MS = 1_000;

/**
 * Answers 408 to a client that sends less than {@link LEAST_BYTES} of its body within `pauseMs`. Node itself limits the time of
 * the whole request, which a large body on a slow line exceeds without ever pausing.
 */
export function endSlowUploads(connections: Connections, pauseMs: number): void {
  const seen = new Map<Exchange, { readonly bytes: number; readonly since: number }>();
  setInterval(() => {
    const now = performance.now();
    const receiving = new Set(connections.receiving);
    for (const exchange of receiving) {
      const { readableHighWaterMark, readableLength, socket } = exchange.request;
      const { bytesRead } = socket;
      const before = seen.get(exchange);
      // Where as much waits as may, it is the handler that does not read.
      if (before === undefined || readableLength >= readableHighWaterMark || bytesRead - before.bytes >= LEAST_BYTES) {
        seen.set(exchange, { bytes: bytesRead, since: now });
      } else if (now - before.since >= pauseMs) {
        refuse(exchange);
      }
    }
    for (const exchange of seen.keys()) {
      if (!receiving.has(exchange)) {
        seen.delete(exchange);
      }
    }
  }, LOOK_EVERY_MS).unref();
}

function refuse({ request, response }: Exchange): void {
  if (response.headersSent) {
    request.socket.destroySoon();
    return;
  }
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[408], status: 408 });
  const headers = { 'Content-Type': 'application/problem+json', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(408, { ...headers, Connection: 'close' });
  response.end(body);
}
