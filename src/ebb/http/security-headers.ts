import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { HelmetOptions } from 'helmet';

type Headers = readonly (readonly [name: string, value: string])[];
type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * What an API owes its clients: no guessing of types, no frames, TLS from now on, and no address of a page in the requests that
 * follow. `Cache-Control: no-store` is in the list too, and left to handlers: it would take their caching from static files.
 *
 * @see OWASP, "REST Security Cheat Sheet", security headers
 */
const OF_AN_API: Headers = [
  ['Content-Security-Policy', "frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
];

/** Headers that are the same for every answer, or what makes them for each. */
export type SecurityHeaders = { readonly constant: Headers } | { readonly middleware: Middleware };

/**
 * The security headers.
 *
 * @param helmet `http.helmet` of `defineApp()`.
 */
export async function securityHeaders(helmet: HelmetOptions | boolean | undefined): Promise<SecurityHeaders> {
  if (helmet === undefined || helmet === false) {
    return { constant: helmet === false ? [] : OF_AN_API };
  }
  const options = helmet === true ? {} : helmet;
  // Only where it is asked for: a start loads nothing that it does not need.
  const { default: create } = await import('helmet');
  const ask = create(options);
  if (hasFunction(options)) {
    return { middleware: (request, response, next) => ask(request, response, () => next()) };
  }
  // Asked once, instead of a dozen of middlewares for each request.
  const sample = new ServerResponse(new IncomingMessage(new Socket()));
  ask(sample.req, sample, () => undefined);
  return { constant: Object.entries(sample.getHeaders()).map(([name, value]) => [name, String(value)]) };
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
