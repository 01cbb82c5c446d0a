import type { ServerResponse } from 'node:http';

/** Names and values, the same for every response. */
export type ConstantHeaders = readonly (readonly [name: string, value: string])[];

/** Where a response says that its constant headers are among the others. Inherited: not yet. */
const SPELLED_OUT = Symbol('constant headers are spelled out');

interface Response extends ServerResponse {
  [SPELLED_OUT]?: true;
}

/** Reads or changes a field that it is given by name. */
const BY_NAME = ['hasHeader', 'appendHeader', 'removeHeader'] as const;

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
  const [setHeader, getHeader, writeHead] = ['setHeader', 'getHeader', 'writeHead'].map((name) =>
    methodOf(prototype, name),
  );
  if (storeHeader === undefined || setHeader === undefined || getHeader === undefined || writeHead === undefined) {
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
  const concern = (field: unknown) => typeof field === 'string' && names.has(field.toLowerCase());
  const before = (name: string, concerns: (field: unknown) => boolean) => {
    const original = methodOf(prototype, name);
    define(prototype, name, function (this: Response, field: unknown, value: unknown): unknown {
      if (concerns(field)) {
        spellOut(this);
      }
      return original?.call(this, field, value);
    });
  };
  BY_NAME.forEach((name) => before(name, concern));
  ALL.forEach((name) => before(name, () => true));

  // Every answer goes through these: each is a function of its own, so that V8 sees one callee in each of them.
  define(prototype, 'setHeader', function (this: Response, field: unknown, value: unknown): unknown {
    if (concern(field)) {
      spellOut(this);
    }
    return setHeader.call(this, field, value);
  });
  define(prototype, 'getHeader', function (this: Response, field: unknown): unknown {
    if (concern(field)) {
      spellOut(this);
    }
    return getHeader.call(this, field);
  });
  define(prototype, 'writeHead', function (this: Response, status: unknown, reason: unknown, fields: unknown): unknown {
    // With fields of its own it may overwrite one.
    if (typeof reason === 'object' || typeof fields === 'object') {
      spellOut(this);
    }
    return writeHead.call(this, status, reason, fields);
  });
  define(prototype, '_storeHeader', function (this: Response, firstLine: string, fields: unknown): unknown {
    return storeHeader.call(this, this[SPELLED_OUT] === undefined ? firstLine + lines : firstLine, fields);
  });
  return true;
}

type Method = (this: object, ...args: readonly unknown[]) => unknown;

function methodOf(prototype: object, name: string): Method | undefined {
  const value: unknown = Reflect.get(prototype, name);
  return isMethod(value) ? value : undefined;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

/** Enumerable, as Node's own are: `for … in` shows the same. */
function define(prototype: object, name: string, value: unknown): void {
  Reflect.set(prototype, name, value);
}
