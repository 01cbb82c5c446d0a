/** Ebb with the fast path and without: one option, and the same answers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawSocket } from '../support/raw-socket.js';
import { app, endServices, Service } from '../support/service.js';
import { ask, type Call, formsOf, get, post, type Step } from './call.js';

const CALLS: readonly (readonly [name: string, call: Call, status: number])[] = [
  ['an object', get('/object'), 200],
  ['an object, HEAD', ask('HEAD', '/object'), 200],
  ['an object, If-None-Match', get('/object', { 'If-None-Match': '*' }), 304],
  ['a text', get('/text'), 200],
  ['null', get('/null'), 200],
  ['a type', get('/typed'), 200],
  ['a file', get('/file'), 200],
  ['headers that are changed', get('/headers'), 200],
  ['headers that are written', get('/written'), 202],
  ['an exception', get('/throws/418'), 418],
  ['an error', get('/fails'), 500],
  ['nothing there', get('/nope'), 404],
  ['a malformed path', get('/throws/%E0%A4%A'), 400],
  ['a body', post('{"a":1}', undefined, '/echo'), 201],
  ['no body', ask('POST', '/echo'), 201],
  ['a body of no length', post('', { 'Content-Type': 'application/json' }, '/echo'), 201],
  ['a body that is none', post('{', undefined, '/echo'), 400],
  ['a body that is too long', post(JSON.stringify('x'.repeat(102_400)), undefined, '/echo'), 413],
];

const withoutTimes = (received: string) => received.replaceAll(/^Date: .*GMT/gm, 'Date: <time>');

async function say(service: Service, steps: readonly Step[]): Promise<string> {
  const socket = await RawSocket.open(service.port);
  for (const step of steps) {
    if ('send' in step) {
      socket.socket.write(step.send, 'latin1');
    }
  }
  await socket.closed;
  return withoutTimes(socket.received);
}

describe('a service with http.fastPath', () => {
  let on: Service;
  let off: Service;

  beforeAll(async () => {
    [on, off] = (await Promise.all(['on', 'off'].map((state) => Service.start({ args: app('fast-path', state) })))) as [
      Service,
      Service,
    ];
  });
  afterAll(endServices);

  it.each(CALLS)('answers the same as without: %s', async (_name, call, status) => {
    for (const steps of Object.values(formsOf(call))) {
      const expected = await say(off, steps);
      expect(expected).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(await say(on, steps)).toBe(expected);
    }
  });

  // Node's own answers have the security headers only where they do not come from a middleware.
  it('really has it, and really has it not', async () => {
    const [fast, stock] = await Promise.all(
      [on, off].map((service) =>
        say(service, [{ send: 'GET /object HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nConnection: close\r\n\r\n' }]),
      ),
    );
    expect(fast).not.toBe(stock);
  });
});
