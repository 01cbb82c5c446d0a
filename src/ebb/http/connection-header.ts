import type { ServerResponse } from 'node:http';

/**
 * Decides the `Connection` field of a response at the moment its header is written, whatever the code that writes it says:
 * server-sent events and proxies set the field themselves, and a client that they tell to stay would be cut later.
 *
 * @param written is called when the header is written, which says what the response is.
 */
export function fixConnectionHeader(
  response: ServerResponse,
  decide: () => 'close' | 'keep-alive',
  written: () => void,
): void {
  const writeHead: unknown = Reflect.get(response, 'writeHead');
  if (typeof writeHead !== 'function') {
    return;
  }
  const politely = (...args: unknown[]): unknown => {
    response.setHeader('Connection', decide());
    const result: unknown = Reflect.apply(writeHead, response, args.map(withoutConnection));
    written();
    return result;
  };
  Object.assign(response, { writeHead: politely });
}

/** The arguments of `writeHead` hold fields as an object, as pairs, or as one list of names and values in turn. */
function withoutConnection(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) {
    return argument;
  }
  if (!Array.isArray(argument)) {
    return Object.fromEntries(Object.entries(argument).filter(([name]) => !isConnection(name)));
  }
  const items: unknown[] = argument;
  if (items.every(Array.isArray)) {
    return items.filter(([name]) => !isConnection(name));
  }
  return items.filter((_, index) => !isConnection(items[index - (index % 2)]));
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === 'connection';
}
