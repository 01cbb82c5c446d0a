import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet, { type HelmetOptions } from 'helmet';
import { DEFAULT_BODY_LIMIT, type HttpOptions } from './http-options.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

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
export function applyHygiene(
  app: NestExpressApplication,
  { helmet: options = {} }: HttpOptions,
  keepAliveMs: number,
): void {
  app.disable('x-powered-by');
  app.disable('etag');
  if (options !== false) {
    app.use(securityHeaders(options));
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
export function readBodies(app: NestExpressApplication, { bodyLimit: limit = DEFAULT_BODY_LIMIT }: HttpOptions): void {
  app.useBodyParser('json', { limit });
  app.useBodyParser('urlencoded', { limit, extended: true });
}

/**
 * helmet's headers. They are the same for every response, so helmet is asked once, instead of its dozen of middlewares
 * running in front of every request; unless an option is a function, which is asked for each.
 */
function securityHeaders(options: HelmetOptions): Middleware {
  const ask = helmet(options);
  if (hasFunction(options)) {
    return (request, response, next) => ask(request, response, () => next());
  }
  const sample = new ServerResponse(new IncomingMessage(new Socket()));
  ask(sample.req, sample, () => undefined);
  const headers = Object.entries(sample.getHeaders()).map(([name, value]): [string, string] => [name, String(value)]);
  return (_request, response, next) => {
    for (const [name, value] of headers) {
      response.setHeader(name, value);
    }
    next();
  };
}

function hasFunction(value: unknown): boolean {
  if (typeof value === 'function') {
    return true;
  }
  if (value instanceof Set) {
    return [...value].some(hasFunction);
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFunction);
}
