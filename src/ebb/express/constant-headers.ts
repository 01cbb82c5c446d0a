import type { ServerResponse } from 'node:http';

/** Names and values, the same for every response. */
export type ConstantHeaders = readonly (readonly [name: string, value: string])[];

/** Where a response says that its constant headers are among the others. Inherited: not yet. */
const SPELLED_OUT = Symbol('constant headers are spelled out');

interface Response extends ServerResponse {
  [SPELLED_OUT]?: true;
}

/** Reads or changes a field that it is given by name. */
const BY_NAME = ['getHeader', 'hasHeader', 'setHeader', 'appendHeader', 'removeHeader'] as const;

/** Reads or changes all of them. */
const ALL = ['getHeaders', 'getHeaderNames', 'getRawHeaderNames', 'setHeaders'] as const;

/**
 * Gives every response of a class some headers, for next to nothing: they are one piece of text in front of the other fields. As soon as
 * anybody asks for one of them or changes it, they are set one by one, as if they had been so from the start.
 *
 * @param prototype of the class.
 * @returns whether that works with this version of Node. Otherwise nothing is changed.
 */
export function addConstantHeaders(prototype: object, headers: ConstantHeaders): boolean {
  const storeHeader = methodOf(prototype, '_storeHeader');
  const setHeader = methodOf(prototype, 'setHeader');
  if (storeHeader === undefined || setHeader === undefined) {
    return false;
  }
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const names = new Set(headers.map(([name]) => name.toLowerCase()));

  const spellOut = (response: Response) => {
    if (response[SPELLED_OUT] === undefined && !response.headersSent) {
      response[SPELLED_OUT] = true;
      headers.forEach((header) => Reflect.apply(setHeader, response, header));
    }
  };
  const before = (name: string, concerns: (...args: readonly unknown[]) => boolean) => {
    const original = methodOf(prototype, name);
    if (original !== undefined) {
      define(prototype, name, function (this: Response, ...args: readonly unknown[]): unknown {
        if (concerns(...args)) {
          spellOut(this);
        }
        return Reflect.apply(original, this, args);
      });
    }
  };
  BY_NAME.forEach((name) => before(name, (field) => typeof field === 'string' && names.has(field.toLowerCase())));
  ALL.forEach((name) => before(name, () => true));
  // With fields of its own it may overwrite one.
  before('writeHead', (...args) => args.some((argument) => typeof argument === 'object' && argument !== null));

  define(prototype, '_storeHeader', function (this: Response, firstLine: string, fields: unknown): unknown {
    return Reflect.apply(storeHeader, this, [this[SPELLED_OUT] === undefined ? firstLine + lines : firstLine, fields]);
  });
  return true;
}

type Method = (...args: readonly unknown[]) => unknown;

function methodOf(prototype: object, name: string): Method | undefined {
  const value: unknown = Reflect.get(prototype, name);
  return isMethod(value) ? value : undefined;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

/** As methods of a class are: not among what `for … in` shows. */
function define(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}
