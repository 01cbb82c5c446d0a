/** What Nest's adapter and Express do for a handler's return value, in one step where nothing says otherwise. */
import { StreamableFile } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { ExpressApp } from './messages.js';

/** What Express sets for `response.json()`. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** Statuses whose answers have no body, or a field less. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Settings of Express that make something else of a body. */
const SETTINGS = ['json escape', 'json replacer', 'json spaces', 'etag fn'] as const;

/** Methods that the answer goes through with Express. A library that has replaced one of them wants to see it. */
const METHODS = [
  'json',
  'send',
  'set',
  'get',
  'setHeader',
  'getHeader',
  'writeHead',
  'write',
  'end',
  'status',
] as const;

/** Words of Express' own methods: one that a library has wrapped before now has others. */
const OF_EXPRESS = { json: 'json replacer', send: 'etag fn' } as const;

/** An Express response. */
export interface ExpressResponse extends ServerResponse {
  readonly app?: unknown;
}

/**
 * Writes plain values as JSON.
 *
 * @returns a function that says whether it has answered. Where it has not, nothing is touched: Express answers.
 */
export function plainJson(
  app: ExpressApp,
): (response: ExpressResponse, body: unknown, status: number | null | undefined) => boolean {
  const own = METHODS.map((name) => [name, Reflect.get(app.response, name) as unknown] as const);
  const isWrapped = Object.entries(OF_EXPRESS).some(
    ([name, word]) => !String(Reflect.get(app.response, name)).includes(word),
  );
  return (response, body, status) => {
    if (isWrapped || !isPlain(body) || !isOrdinary(response, status ?? response.statusCode)) {
      return false;
    }
    const { settings } = app;
    if (response.app !== app || SETTINGS.some((name) => settings[name])) {
      return false;
    }
    if (own.some(([name, method]) => Reflect.get(response, name) !== method)) {
      return false;
    }
    response.statusCode = status ?? response.statusCode;
    const text: string | undefined = JSON.stringify(body);
    if (text === undefined) {
      return false;
    }
    response.setHeader('Content-Type', JSON_TYPE);
    response.setHeader('Content-Length', String(Buffer.byteLength(text)));
    response.end(text);
    return true;
  };
}

/** Not what Nest streams, nor an error, which it shows differently. */
function isPlain(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !(body instanceof StreamableFile) && !(body instanceof Error);
}

function isOrdinary(response: ExpressResponse, status: unknown): boolean {
  const { method, headers } = response.req;
  return (
    typeof status === 'number' &&
    Number.isInteger(status) &&
    status >= 200 &&
    status <= 999 &&
    !WITHOUT_BODY.has(status) &&
    method !== 'HEAD' &&
    !response.headersSent &&
    headers['if-none-match'] === undefined &&
    headers['if-modified-since'] === undefined &&
    !response.hasHeader('Content-Type') &&
    !response.hasHeader('Transfer-Encoding')
  );
}
