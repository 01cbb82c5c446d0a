import type { NestExpressApplication } from '@nestjs/platform-express';
import type { FastExpressAdapter } from '../express/fast-express.adapter.js';
import { DEFAULT_BODY_LIMIT, type HttpOptions } from './http-options.js';
import { securityHeaders } from './security-headers.js';

/**
 * The time-out for headers has to exceed the one for idle connections, or a connection that a load balancer opened ahead
 * of its first request is ended before one that has been used. It is also what a client gets that sends a header slowly.
 */
const HEADERS_BEYOND_KEEP_ALIVE_MS = 1_000;

/** How often Node looks for clients that are too slow. Its default, 30 s, would double most time-outs. */
const SLOW_CLIENT_CHECK_MS = 1_000;

/**
 * What an HTTP service owes itself: no word about what it runs on, security headers, and a limit on everything a client
 * sends. `etag` is off because hashing every answer costs throughput, and most answers of an API are never revalidated.
 *
 * @param keepAliveMs must exceed the idle time-out of whatever is in front: otherwise it sends a request on a connection
 *   that this side has just closed, and answers 502.
 */
export async function applyHygiene(
  app: NestExpressApplication,
  adapter: FastExpressAdapter,
  { helmet }: HttpOptions,
  keepAliveMs: number,
): Promise<void> {
  app.disable('x-powered-by');
  app.disable('etag');
  const headers = await securityHeaders(helmet);
  if ('middleware' in headers) {
    app.use(headers.middleware);
  } else if (headers.constant.length > 0) {
    adapter.addHeaders(headers.constant);
  }
  const headersTimeout = keepAliveMs + HEADERS_BEYOND_KEEP_ALIVE_MS;
  Object.assign(app.getHttpServer(), {
    keepAliveTimeout: keepAliveMs,
    headersTimeout,
    // What is slow is cut (slow-uploads.ts), what is long is not.
    requestTimeout: 0,
    connectionsCheckingInterval: SLOW_CLIENT_CHECK_MS,
  });
}

/**
 * Reads bodies, up to a limit. After the application's own middleware, as in Nest: a parser that it adds for some routes comes
 * first, and what that has read is not read again.
 */
export function readBodies(
  app: NestExpressApplication,
  adapter: FastExpressAdapter,
  { bodyLimit: limit = DEFAULT_BODY_LIMIT }: HttpOptions,
): void {
  adapter.addParsers(() => {
    app.useBodyParser('json', { limit });
    app.useBodyParser('urlencoded', { limit, extended: true });
  });
}
