/** Server-sent events when the pod leaves: their clients are told to come back, elsewhere and not all in one instant. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { EventSource } from 'eventsource';
import { envoy } from './support/fake-products.js';
import { endFakeSidecars, inPod } from './support/fake-sidecar.js';
import { inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);
afterEach(endFakeSidecars);

async function open(service: Service): Promise<RawSocket> {
  const socket = await RawSocket.open(service.port);
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
  await socket.until((received) => received.includes('text/event-stream'));
  return socket;
}

describe('streams of events', () => {
  it('are ended evenly over the lame duck, with a time to come back and a FIN, and hold nobody', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '2', PROPAGATION_SECONDS: '2' } });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(service)));
    await inFlight(service, 20);
    const signalledAt = performance.now();
    service.kill('SIGTERM');
    const ends = await Promise.all(
      sockets.map(async (socket) => {
        // No reset: a reset may take from a client what it was told.
        expect(await socket.closed).toBeUndefined();
        expect(socket.received).toMatch(/retry: (?:[5-9]\d\d|1[0-4]\d\d|1500)\n\n[^]*\r\n0\r\n\r\n$/);
        return performance.now() - signalledAt;
      }),
    );
    const inTurn = ends.toSorted((a, b) => a - b);
    expect(inTurn.at(0)).toBeLessThan(500);
    expect(inTurn.at(10)).toBeGreaterThan(500);
    expect(inTurn.at(10)).toBeLessThan(1_300);
    expect(inTurn.at(-1)).toBeLessThan(1_990);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 0, finished: 20 });
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_500);
  });

  it('say from the beginning that their connection ends with them: a proxy would put other requests on it', async () => {
    const service = await Service.start({ args: fixture() });
    const [stream, other] = await Promise.all([open(service), RawSocket.open(service.port)]);
    other.write('GET /a HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n');
    await other.until((received) => received.includes('"num"'));
    expect(stream.received.split('\r\n\r\n')[0]).toMatch(/^Connection: close$/m);
    expect(other.received.split('\r\n\r\n')[0]).toMatch(/^Connection: keep-alive$/m);
    other.destroy();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('behind a proxy in the pod are ended while they can be answered once more: it keeps the connections of clients', async () => {
    const env = { ...inPod({ envoy: await envoy() }), LAME_DUCK_SECONDS: '3', PROPAGATION_SECONDS: '3' };
    const service = await Service.start({ args: fixture(), env });
    const sockets = await Promise.all(Array.from({ length: 10 }, () => open(service)));
    await inFlight(service, 10);
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const signalledAt = performance.now();
    await Promise.all(sockets.map((socket) => socket.closed));
    const lastMs = performance.now() - signalledAt;
    // Of 3 s, 1.5 s are kept for the longest retry, and 0.8 of the rest is 1.2 s; without a proxy it would be 2.4 s.
    expect(lastMs).toBeGreaterThan(900);
    expect(lastMs).toBeLessThan(1_900);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('that come while the pod leaves are served, and ended too: a refusal would close them for good', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '1.5', PROPAGATION_SECONDS: '1.5' },
    });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const late = await open(service);
    expect(late.received).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close/);
    await late.closed;
    expect(late.received).toMatch(/retry: \d+\n\n/);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('that are in the midst of an event are not ended as if it were whole', async () => {
    const service = await Service.start({ args: fixture() });
    const url = `http://127.0.0.1:${service.port}/halves`;
    const heard: string[] = [];
    const source = new EventSource(url);
    source.addEventListener('message', ({ data }) => heard.push(String(data)));
    await new Promise((resolve) => {
      source.addEventListener('message', resolve, { once: true });
    });
    const ended = new Promise((resolve) => {
      source.addEventListener('error', resolve, { once: true });
    });
    const raw = await RawSocket.open(service.port);
    raw.write('GET /halves HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
    await raw.until((received) => received.includes('data: ha'));
    service.kill('SIGTERM');
    await ended;
    source.close();
    await raw.closed;
    expect(heard).toEqual(['whole']);
    expect(raw.received).toMatch(/:\nretry: \d+\n\r\n0\r\n\r\n$/);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('that are asked for with HEAD hold nobody', async () => {
    const service = await Service.start({ args: fixture(), env: { DRAIN_TIMEOUT_SECONDS: '20' } });
    const raw = await RawSocket.open(service.port);
    raw.write('HEAD /halves HTTP/1.1\r\nHost: x\r\n\r\n');
    await raw.until((received) => received.includes('text/event-stream'));
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_000);
  });

  it.each([
    ['that answer a POST', false],
    ['that answer a POST whose client has half-closed', true],
  ])('%s are answers like any other, and have their time', async (_what, isHalfClosed) => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
    const socket = await RawSocket.open(service.port, true);
    socket.write('POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await socket.until((received) => received.includes('data: 0'));
    if (isHalfClosed) {
      socket.socket.end();
    }
    service.kill('SIGTERM');
    await socket.until((received) => received.endsWith('0\r\n\r\n'));
    expect(socket.received).toContain('data: done');
    expect(socket.received).not.toContain('retry:');
    socket.destroy();
    expect(await service.exited).toEqual(CLEAN);
  });

  it('are ended at once at SIGINT, where there is no lame duck', async () => {
    const service = await Service.start({ args: fixture(), env: { DRAIN_TIMEOUT_SECONDS: '20' } });
    const stream = await open(service);
    service.kill('SIGINT');
    await stream.closed;
    expect(stream.received).toMatch(/retry: \d+\n\n/);
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(2_000);
  });
});
