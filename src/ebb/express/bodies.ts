import type { IncomingMessage, ServerResponse } from 'node:http';

/** An Express middleware. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Several parsers in one layer, which passes by requests that announce no body: each parser would look for one and find none. What
 * they do to such a request is done here: `request.body` is there, and undefined.
 *
 * @see RFC 9112, 6.3: a request without a length and without a transfer coding has no body
 */
export function onlyForBodies(parsers: readonly Middleware[]): Middleware {
  return function bodyParsers(request, response, next) {
    const { headers } = request;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
      if (!('body' in request)) {
        Object.assign(request, { body: undefined });
      }
      next();
      return;
    }
    const parse = (index: number) => (error?: unknown) => {
      const parser = parsers[index];
      if (parser === undefined || error !== undefined) {
        next(error);
      } else {
        parser(request, response, parse(index + 1));
      }
    };
    parse(0)();
  };
}
