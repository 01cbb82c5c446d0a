/** What Nest's adapter and Express do for a handler's return value, in one step where nothing says otherwise. */
import { StreamableFile } from '@nestjs/common';
import { ServerResponse } from 'node:http';
import type { ExpressApp } from './messages.js';

/** What Express sets for `response.json()`. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** Statuses whose answers have no body, or a field less. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Words of Express' own methods: one that a library has wrapped before now has others. */
const OF_EXPRESS = { json: 'json replacer', send: 'etag fn' } as const;

/** An Express response. */
export interface ExpressResponse extends ServerResponse {
  readonly app?: unknown;
}

/** Methods that the answer goes through with Express. A library that has replaced one of them wants to see it. */
type Methods = Readonly<
  Record<
    'json' | 'send' | 'set' | 'get' | 'status' | 'setHeader' | 'getHeader' | 'writeHead' | 'write' | 'end',
    unknown
  >
>;

/** Node's own, for fields of which none is among the constant ones. */
const NODES: Pick<ServerResponse, 'hasHeader' | 'setHeader'> = ServerResponse.prototype;

/**
 * Writes plain values as JSON.
 *
 * @returns a function that says whether it has answered. Where it has not, nothing is touched but the status: Express answers.
 */
export function plainJson(
  app: ExpressApp,
): (response: ExpressResponse, body: unknown, status: number | null | undefined) => boolean {
  const own = methodsOf(app.response);
  const isWrapped = Object.entries(OF_EXPRESS).some(
    ([name, word]) => !String(Reflect.get(app.response, name)).includes(word),
  );
  return (response, body, status) => {
    if (
      isWrapped ||
      !isPlain(body) ||
      response.app !== app ||
      !isOrdinary(response, status ?? response.statusCode) ||
      isSet(app.settings) ||
      isReplaced(response, own)
    ) {
      return false;
    }
    response.statusCode = status ?? response.statusCode;
    const text: string | undefined = JSON.stringify(body);
    if (text === undefined) {
      return false;
    }
    NODES.setHeader.call(response, 'Content-Type', JSON_TYPE);
    const length = Buffer.byteLength(text);
    NODES.setHeader.call(response, 'Content-Length', String(length));
    // The same bytes where each character is one, without looking for those that are more.
    response.end(text, length === text.length ? 'latin1' : 'utf8');
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
    !NODES.hasHeader.call(response, 'Content-Type') &&
    !NODES.hasHeader.call(response, 'Transfer-Encoding')
  );
}

/** Settings of Express that make something else of a body. */
function isSet(settings: ExpressApp['settings']): boolean {
  return Boolean(
    settings['json escape'] || settings['json replacer'] || settings['json spaces'] || settings['etag fn'],
  );
}

// Written out, and not in loops over names: this is done for every answer, and V8 remembers where it has found each.

function methodsOf(response: Partial<Methods>): Partial<Methods> {
  const { json, send, set, get, status, setHeader, getHeader, writeHead, write, end } = response;
  return { json, send, set, get, status, setHeader, getHeader, writeHead, write, end };
}

function isReplaced(response: Partial<Methods>, own: Partial<Methods>): boolean {
  return (
    response.json !== own.json ||
    response.send !== own.send ||
    response.set !== own.set ||
    response.get !== own.get ||
    response.status !== own.status ||
    response.setHeader !== own.setHeader ||
    response.getHeader !== own.getHeader ||
    response.writeHead !== own.writeHead ||
    response.write !== own.write ||
    response.end !== own.end
  );
}
