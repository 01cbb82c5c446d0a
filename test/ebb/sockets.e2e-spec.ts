/** WebSockets when the pod leaves: told with 1001, evenly over the lame duck; newcomers refused before they become one. */
import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { send } from './support/http-client.js';
import { openConnections } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

const LAME_DUCK = { LAME_DUCK_SECONDS: '2', PROPAGATION_SECONDS: '2' };

async function streaming(service: Service): Promise<RawSocket> {
  const socket = await RawSocket.open(service.port);
  socket.write('GET /ticks HTTP/1.1\r\nHost: x\r\n\r\n');
  await socket.until((received) => received.includes('text/event-stream'));
  return socket;
}

async function connected(service: Service, path = '/chat'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${service.port}${path}`);
  await once(socket, 'open');
  return socket;
}

describe('WebSockets', () => {
  it('are told with 1001, evenly over the lame duck, and hold nobody', async () => {
    const service = await Service.start({ args: app('chat'), env: LAME_DUCK });
    const sockets = await Promise.all(Array.from({ length: 50 }, () => connected(service)));
    const [first] = sockets as [WebSocket];
    first.send(JSON.stringify({ event: 'say', data: {} }));
    const [said] = (await once(first, 'message')) as [Buffer];
    expect(JSON.parse(said.toString())).toEqual({ event: 'said', data: 'yes' });
    const signalledAt = performance.now();
    const closes = sockets.map(async (socket) => {
      const [code] = (await once(socket, 'close')) as [number];
      return [code, performance.now() - signalledAt] as const;
    });
    service.kill('SIGTERM');
    const ends = await Promise.all(closes);
    expect(new Set(ends.map(([code]) => code))).toEqual(new Set([1001]));
    const times = ends.map(([, at]) => at).toSorted((a, b) => a - b);
    expect(times.at(0)).toBeLessThan(500);
    expect(times.at(25)).toBeGreaterThan(500);
    expect(times.at(25)).toBeLessThan(1_300);
    expect(times.at(-1)).toBeLessThan(1_990);
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_500);
  });

  it('of a thousand clients, beside two hundred streams, hold the pod for no second beyond its lame duck', async () => {
    const service = await Service.start({ args: app('page', 'none'), env: LAME_DUCK });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => connected(service, '/socket')));
    const streams = await Promise.all(Array.from({ length: 200 }, () => streaming(service)));
    const codes = sockets.map(async (socket) => {
      const [code] = (await once(socket, 'close')) as [number];
      return code;
    });
    service.kill('SIGTERM');
    expect(new Set(await Promise.all(codes))).toEqual(new Set([1001]));
    const errors = await Promise.all(streams.map(({ closed }) => closed));
    expect(errors.filter((error) => error !== undefined)).toEqual([]);
    expect(streams.filter(({ received }) => !/retry: \d+\n\n/.test(received))).toEqual([]);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 0, finished: 200 });
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_000);
  });

  it('of newcomers are refused while the pod leaves, with 503 and a time to come back', async () => {
    const service = await Service.start({ args: app('chat'), env: LAME_DUCK });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const late = new WebSocket(`ws://127.0.0.1:${service.port}/chat`);
    late.on('error', () => undefined);
    const [, response] = (await once(late, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: object },
    ];
    expect(response).toMatchObject({ statusCode: 503, headers: { connection: 'close', 'retry-after': '1' } });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('of a client that does not answer its goodbye are ended after a while', async () => {
    const service = await Service.start({
      args: app('chat'),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '20' },
    });
    const deaf = await RawSocket.open(service.port, true);
    deaf.write(
      'GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await deaf.until((received) => received.includes('101 Switching Protocols'));
    await openConnections(service, 1);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    const elapsedMs = Number(service.moment('shutdown.complete')['elapsedMs']);
    expect(elapsedMs).toBeGreaterThan(2_000);
    expect(elapsedMs).toBeLessThan(6_000);
    deaf.destroy();
  });
});

describe('WebSockets of a server that a feature makes for itself', () => {
  it('are told as those of a gateway, and leave plain requests alone', async () => {
    const service = await Service.start({ args: app('own-sockets'), env: LAME_DUCK });
    const socket = await connected(service, '/own');
    expect(await send(service.port, '/a', { headers: { Upgrade: 'h2c', Connection: 'Upgrade' } })).toMatchObject({
      status: 200,
    });
    service.kill('SIGTERM');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1001);
    expect(await service.exited).toEqual(CLEAN);
  });
});

describe('a WebSocket whose authorization takes a while', () => {
  it('is told when its handshake is answered, and not before', async () => {
    const service = await Service.start({ args: app('own-sockets') });
    const socket = new WebSocket(`ws://127.0.0.1:${service.port}/own`, { headers: { 'X-Wait-Ms': '700' } });
    const opened = once(socket, 'open');
    const closed = once(socket, 'close');
    await service.event('authorizing');
    service.kill('SIGTERM');
    await opened;
    expect(await closed).toEqual([1001, expect.anything()]);
    expect(await service.exited).toEqual(CLEAN);
  });
});

describe('a request to upgrade to something else', () => {
  it.each(['h2c', 'TLS/1.0'])('(%s) is answered as plain HTTP, gateway or not', async (protocol) => {
    const service = await Service.start({ args: app('chat') });
    const headers = { Upgrade: protocol, Connection: 'Upgrade' };
    expect(await send(service.port, '/a', { headers })).toMatchObject({ status: 200 });
    const plain = await Service.start();
    expect(await send(plain.port, '/a', { headers })).toMatchObject({ status: 200 });
  });
});
