/** What a client says to a server, byte by byte. */

/** One request. */
export interface Call {
  readonly method: string;
  readonly target: string;
  /** In this order, after `Host`. */
  readonly headers: Readonly<Record<string, string>>;
  /** As latin1. Its length is announced, unless the headers say something else of it. */
  readonly body?: string;
}

/** What a client does in turn, where a request is not all of it. */
export type Step =
  | { readonly send: string }
  /** Waits until the server has said this. */
  | { readonly received: string }
  /** Waits until the application has traced this. */
  | { readonly traced: string }
  /** Has the application note where in its trace the client is now. */
  | { readonly mark: string }
  | { readonly leave: 'destroy' | 'end' };

export type Headers = Readonly<Record<string, string>>;

export const get = (target = '/', headers: Headers = {}): Call => ({ method: 'GET', target, headers });

export const ask = (method: string, target = '/', headers: Headers = {}): Call => ({ method, target, headers });

export const post = (body: string, headers: Headers = { 'Content-Type': 'application/json' }, target = '/'): Call => ({
  method: 'POST',
  target,
  headers,
  body,
});

export const send = (bytes: string): Step => ({ send: bytes });
export const received = (part: string): Step => ({ received: part });
export const traced = (event: string): Step => ({ traced: event });
export const mark = (event: string): Step => ({ mark: event });
export const leave = (how: 'destroy' | 'end' = 'destroy'): Step => ({ leave: how });

/** A request as it is sent. */
export function text(call: Call, connection: 'close' | 'keep-alive' = 'close', version = '1.1'): string {
  const { method, target, headers, body } = call;
  const saysLength = Object.keys(headers).some((name) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const all = {
    Host: 'ebb.test',
    Connection: connection,
    ...headers,
    ...(body === undefined || saysLength ? {} : { 'Content-Length': String(body.length) }),
  };
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/${version}\r\n${fields.join('')}\r\n${body ?? ''}`;
}

/** The same request by itself, twice on one connection without a pause, and as a client of HTTP/1.0 sends it. */
export function formsOf(call: Call): Record<string, readonly Step[]> {
  return {
    once: [send(text(call))],
    twice: [send(text(call, 'keep-alive') + text(call))],
    'HTTP/1.0': [send(text(call, 'close', '1.0'))],
  };
}
