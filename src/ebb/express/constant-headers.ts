import type { ServerResponse } from 'node:http';

/** Names and values, the same for every response. */
export type ConstantHeaders = readonly (readonly [name: string, value: string])[];

/** Where a response says that its constant headers are among the others. Absent: not yet. */
const SPELLED_OUT = Symbol('constant headers are spelled out');

interface Response extends ServerResponse {
  [SPELLED_OUT]?: true;
}

/**
 * Gives every response of a class some headers, for next to nothing: they are one piece of text in front of the other fields. As soon as
 * anybody asks for one of them or changes it, they are set one by one, as if they had been so from the start.
 *
 * @param prototype of the class.
 * @returns whether that works with this version of Node. Otherwise nothing is changed.
 */
export function addConstantHeaders(prototype: object, headers: ConstantHeaders): boolean {
  const nodes = methodsOf(prototype);
  if (nodes === undefined) {
    return false;
  }
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const values = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const names = headers.map(([name]) => name);

  const spellOut = (response: Response) => {
    response[SPELLED_OUT] = true;
    // In front of those that are there already.
    const others = listOf(nodes.getRawHeaderNames.call(response)).map(
      (name) => [name, nodes.getHeader.call(response, name)] as const,
    );
    others.forEach(([name]) => nodes.removeHeader.call(response, name));
    for (const [name, value] of [...headers, ...others]) {
      nodes.setHeader.call(response, name, value);
    }
  };
  const isConstant = (field: unknown) => typeof field === 'string' && values.has(field.toLowerCase());
  const ready = (response: Response) => {
    if (response[SPELLED_OUT] === undefined && !response.headersSent) {
      spellOut(response);
    }
  };

  // Written out: every answer goes through some of these, and V8 sees one callee in each.
  const methods = {
    setHeader(this: Response, field: unknown, value: unknown): unknown {
      if (isConstant(field)) {
        ready(this);
      }
      return nodes.setHeader.call(this, field, value);
    },
    appendHeader(this: Response, field: unknown, value: unknown): unknown {
      if (isConstant(field)) {
        ready(this);
      }
      return nodes.appendHeader.call(this, field, value);
    },
    removeHeader(this: Response, field: unknown): unknown {
      if (isConstant(field)) {
        ready(this);
      }
      return nodes.removeHeader.call(this, field);
    },
    getHeader(this: Response, field: unknown): unknown {
      if (isConstant(field)) {
        if (areGone(this)) {
          return values.get(String(field).toLowerCase());
        }
        ready(this);
      }
      return nodes.getHeader.call(this, field);
    },
    hasHeader(this: Response, field: unknown): unknown {
      if (isConstant(field)) {
        if (areGone(this)) {
          return true;
        }
        ready(this);
      }
      return nodes.hasHeader.call(this, field);
    },
    getHeaders(this: Response): unknown {
      ready(this);
      const others = nodes.getHeaders.call(this);
      return areGone(this) ? Object.assign(Object.create(null), Object.fromEntries(values), others) : others;
    },
    getHeaderNames(this: Response): unknown {
      ready(this);
      const others = nodes.getHeaderNames.call(this);
      return areGone(this) ? [...values.keys(), ...listOf(others)] : others;
    },
    getRawHeaderNames(this: Response): unknown {
      ready(this);
      const others = nodes.getRawHeaderNames.call(this);
      return areGone(this) ? [...names, ...listOf(others)] : others;
    },
    setHeaders(this: Response, fields: unknown): unknown {
      ready(this);
      return nodes.setHeaders.call(this, fields);
    },
    writeHead(this: Response, status: unknown, reason: unknown, fields: unknown): unknown {
      // With fields of its own it may overwrite one.
      if (typeof reason === 'object' || typeof fields === 'object') {
        ready(this);
      }
      return nodes.writeHead.call(this, status, reason, fields);
    },
    _storeHeader(this: Response, firstLine: string, fields: unknown): unknown {
      return nodes._storeHeader.call(this, this[SPELLED_OUT] === undefined ? firstLine + lines : firstLine, fields);
    },
  };
  // Enumerable, as Node's own are: `for … in` shows the same.
  Object.assign(prototype, methods);
  return true;
}

/** Whether they are in the head that is out, and there alone. */
function areGone(response: Response): boolean {
  return response.headersSent && response[SPELLED_OUT] === undefined;
}

type Method = (this: object, ...args: readonly unknown[]) => unknown;

const NAMES = [
  'setHeader',
  'appendHeader',
  'removeHeader',
  'getHeader',
  'hasHeader',
  'getHeaders',
  'getHeaderNames',
  'getRawHeaderNames',
  'setHeaders',
  'writeHead',
  // Puts the head of an answer together; in none of Node's documentation. Its first argument ends with a line break.
  '_storeHeader',
] as const;

/** Node's, or undefined where one of them is not there. */
function methodsOf(prototype: object): Record<(typeof NAMES)[number], Method> | undefined {
  const methods: unknown = Object.fromEntries(NAMES.map((name) => [name, Reflect.get(prototype, name)]));
  return areAllMethods(methods) ? methods : undefined;
}

function areAllMethods(methods: unknown): methods is Record<(typeof NAMES)[number], Method> {
  return (
    typeof methods === 'object' && methods !== null && Object.values(methods).every((one) => typeof one === 'function')
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
