/** Clients that make it hard to be answered, while the pod is ready and while it leaves. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { portOf } from '../../src/ebb/http/listen.js';
import { outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, FAILED, fixture, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

afterEach(endServices);

/** Asks, shuts its writing side down, and reads. */
async function halfClosed(port: number, path: string): Promise<string> {
  const socket = await RawSocket.open(port);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  socket.socket.end();
  await socket.closed;
  return socket.received;
}

describe('a client that has shut down its writing side', () => {
  it('is answered while the pod is ready, and while it leaves', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.2' } });
    expect(await halfClosed(service.port, '/?delay=0.3')).toMatch(/^HTTP\/1\.1 200 OK[^]*\{"num":1\}$/);
    const late = halfClosed(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await late).toMatch(/^HTTP\/1\.1 200 OK[^]*\{"num":2\}$/);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ finished: 1, cut: 0 });
  });

  it('is not answered by a server of Node as it comes (negative control)', async () => {
    const stock = createServer((_request, response) => setTimeout(() => response.end('late'), 100)).listen(
      0,
      '127.0.0.1',
    );
    await once(stock, 'listening');
    expect(await halfClosed(portOf(stock), '/')).toBe('');
    stock.close();
  });

  it('and is really gone is noticed by what is written to it', async () => {
    const service = await Service.start({ args: fixture() });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until((received) => received.includes('0\n'));
    socket.socket.resetAndDestroy();
    await inFlight(service, 0);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });
});

async function abandoned(env: Record<string, string>, seconds: number): Promise<Service> {
  const service = await Service.start({ args: fixture(), env });
  const body = JSON.stringify({ seconds });
  const socket = await RawSocket.open(service.port);
  socket.write(
    `POST /pay HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await service.event('fixture.paying');
  // With a FIN alone nobody could know it from one that only has no more to say.
  socket.socket.resetAndDestroy();
  await sleep(50);
  service.kill('SIGTERM');
  return service;
}

describe('a client that gave up', () => {
  it('leaves behind a handler that is finished before any hook runs, and counted in its own word', async () => {
    const service = await abandoned({ LAME_DUCK_SECONDS: '0.2' }, 1);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('fixture.paid')).toMatchObject({ tornDown: false });
    const order = service.events.filter((event) => /^fixture\.(?:paid|destroyed)|requests/.test(event));
    expect(order).toEqual(['fixture.paid', 'requests.drained', 'fixture.destroyed']);
    expect(service.moment('shutdown.complete')).toMatchObject({ abandoned: 1, finished: 0, cut: 0 });
  });

  it('leaves behind a handler that is named when it takes longer than its slice', async () => {
    const service = await abandoned({ LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '0.5' }, 30);
    const forced = await service.event('shutdown.forced');
    expect(forced).toMatchObject({ requests: [{ method: 'POST', route: '/pay', abandoned: true }] });
    expect(forced.msg).toContain('POST /pay after');
    expect(forced.msg).toContain('whose client has gone');
    expect(await service.exited).toEqual(FAILED);
  });
});

describe('a client that left', () => {
  it.each(['reset', 'FIN'])(
    '(%s) before the body that was answered had arrived is not in flight for ever',
    async (how) => {
      const service = await Service.start({ args: fixture() });
      const socket = await RawSocket.open(service.port);
      socket.write('POST /early HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 400000\r\n\r\nxxx');
      await socket.until((received) => received.endsWith('early'));
      await inFlight(service, 1);
      if (how === 'reset') {
        socket.socket.resetAndDestroy();
      } else {
        socket.socket.end();
      }
      await inFlight(service, 0);
      service.kill('SIGTERM');
      expect(await service.exited).toEqual(CLEAN);
    },
  );

  it('before its file began to be streamed is not in flight for ever', async () => {
    const service = await Service.start({ args: fixture() });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /file HTTP/1.1\r\nHost: x\r\n\r\n');
    await service.event('fixture.asked-for-file');
    socket.socket.resetAndDestroy();
    await inFlight(service, 0);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('a stream of events on which nothing happens is noticed by its FIN', async () => {
    const service = await Service.start({ args: fixture() });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until((received) => received.includes('text/event-stream'));
    await inFlight(service, 1);
    socket.socket.end();
    await inFlight(service, 0);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });
});

describe('a pipelined request', () => {
  it('is answered behind a slow one, however long that takes to be, while the pod leaves', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.2' } });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /?delay=7 HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await inFlight(service, 2);
    service.kill('SIGTERM');
    await socket.closed;
    expect(socket.received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings).toEqual([]);
  });
});

/** Sends a large body in pieces and reads nothing before it has sent all. */
async function sendsBeforeItReads(port: number, connection: string, path = '/early'): Promise<string> {
  const socket = await RawSocket.open(port);
  socket.socket.pause();
  const piece = 'x'.repeat(10_000);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\nContent-Length: 400000\r\n\r\n`);
  for (let sent = 0; sent < 40; sent += 1) {
    socket.write(piece);
    await sleep(5);
  }
  socket.socket.resume();
  if (connection === 'keep-alive') {
    await socket.until((received) => received.endsWith('early'));
    socket.destroy();
    return socket.received;
  }
  await socket.closed;
  return socket.received;
}

describe('an answer that is given before the body has arrived', () => {
  it('reaches the client that asked for Connection: close, while the pod is ready', async () => {
    const service = await Service.start({ args: fixture() });
    const answers = await Promise.all(Array.from({ length: 8 }, () => sendsBeforeItReads(service.port, 'close')));
    expect(answers.filter((answer) => !/^HTTP\/1\.1 201 [^]*early$/.test(answer))).toEqual([]);
  });

  it('reaches the client when the pod is asked to go after it was given', async () => {
    const service = await Service.start({ args: fixture() });
    const answers = Array.from({ length: 8 }, () => sendsBeforeItReads(service.port, 'keep-alive'));
    await inFlight(service, 8);
    service.kill('SIGTERM');
    expect((await Promise.all(answers)).filter((answer) => !/^HTTP\/1\.1 201 [^]*early$/.test(answer))).toEqual([]);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('reaches hardly anybody of a server of Node as it comes (negative control)', async () => {
    const stock = createServer((_request, response) => response.end('early')).listen(0, '127.0.0.1');
    await once(stock, 'listening');
    const answers = await Promise.all(Array.from({ length: 8 }, () => sendsBeforeItReads(portOf(stock), 'close')));
    expect(answers.filter((answer) => !answer.endsWith('early')).length).toBeGreaterThan(0);
    stock.close();
  });
});

async function answerTo(port: number, pieces: readonly string[]): Promise<string> {
  const socket = await RawSocket.open(port);
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(1);
  }
  await socket.closed;
  return socket.received;
}

const isProblem = (status: number) =>
  new RegExp(
    String.raw`^HTTP/1\.1 ${status} [^]*Content-Type: application/problem\+json[^]*Connection: close[^]*"status":${status}\}$`,
  );

describe("a refusal of the parser's", () => {
  it('of a header that is too large reaches a client that still sends it', async () => {
    const service = await Service.start();
    const pieces = [
      'GET /a HTTP/1.1\r\nHost: x\r\nX-Large: ',
      ...Array.from({ length: 50 }, () => 'x'.repeat(2_000)),
      '\r\n\r\n',
    ];
    const answers = await Promise.all(Array.from({ length: 20 }, () => answerTo(service.port, pieces)));
    expect(answers.filter((answer) => !isProblem(431).test(answer))).toEqual([]);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('of a header that takes too long, and of what is no HTTP', async () => {
    const service = await Service.start({ env: { KEEP_ALIVE_SECONDS: '1' } });
    expect(await answerTo(service.port, ['GET /a HTTP/1.1\r\nHo'])).toMatch(isProblem(408));
    expect(await answerTo(service.port, ['HELO mail\r\n\r\n', 'MORE\r\n'])).toMatch(isProblem(400));
  });

  it('of an expectation that nobody can meet', async () => {
    const service = await Service.start();
    const pieces = [
      'POST /echo HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\nContent-Length: 20000\r\n\r\n',
      ...Array.from({ length: 20 }, () => 'x'.repeat(1_000)),
    ];
    expect(await answerTo(service.port, pieces)).toMatch(isProblem(417));
    expect(await outcome(send(service.port, '/a'))).toBe('200');
  });
});
