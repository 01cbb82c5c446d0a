import type { IncomingMessage, ServerResponse } from 'node:http';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => unknown;

/**
 * Passes requests that announce no body by a parser, which would look for one and find none. What it does to such a request is
 * done here: `request.body` is there, and undefined.
 *
 * @see RFC 9112, 6.3: a request without a length and without a transfer coding has no body
 */
export function onlyForBodies(parser: unknown): unknown {
  if (!isMiddleware(parser)) {
    return parser;
  }
  const gate: Middleware = (request, response, next) => {
    const { headers } = request;
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      parser(request, response, next);
      return;
    }
    if (!('body' in request)) {
      Object.assign(request, { body: undefined });
    }
    next();
  };
  // By its name Nest finds out which parsers are there.
  Object.defineProperty(gate, 'name', { value: parser.name });
  return gate;
}

function isMiddleware(value: unknown): value is Middleware {
  return typeof value === 'function';
}
