import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { keepAlive, outcome, send } from './support/http-client.js';
import { inFlight, openConnections } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, FAILED, fixture, Service } from './support/service.js';

afterEach(endServices);

describe('draining', () => {
  it('answers every connection that the kernel had accepted when the listener closed (F1)', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { PROPAGATION_SECONDS: '0.5', LAME_DUCK_SECONDS: '0.5' },
    });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    // The event loop stands still until after the lame duck; meanwhile the connections wait in the kernel's queue.
    const blocked = outcome(send(service.port, '/block'));
    await service.event('fixture.blocked');
    const queued = Array.from({ length: 30 }, () => outcome(send(service.port, '/a')));
    expect(new Set(await Promise.all([blocked, ...queued]))).toEqual(new Set(['200']));
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 0 });
  });

  it('answers what is in flight, and exits when that is done (F4, F6)', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.2' } });
    const answer = send(service.port, '/?delay=1.5');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    expect(await outcome(send(service.port, '/a'))).toBe('ECONNREFUSED');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ finished: 1, cut: 0, exitCode: 0 });
  });

  it('answers a request on a connection that was idle through the whole window, with Connection: close (F2)', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.3' } });
    const idle = keepAlive();
    await send(service.port, '/a', { agent: idle });
    const slow = send(service.port, '/?delay=2');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('listener.closed');

    expect(await send(service.port, '/a', { agent: idle })).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });

    expect(await slow).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('closes an idle connection when nothing is in flight any more, with a FIN and not a reset', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.3' } });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until((received) => received.endsWith('{"num":1}'));
    service.kill('SIGTERM');
    expect(await socket.closed).toBeUndefined();
    expect(await service.exited).toEqual(CLEAN);
  });

  it('is never held by busy keep-alive clients, and none of them loses a request (F2, F3)', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '1' } });
    // Each sends one request after the other on its connection until it is asked to leave, as a pool in front would.
    const client = async (): Promise<string[]> => {
      const agent = keepAlive();
      const outcomes: string[] = [];
      let connection: string | undefined = 'keep-alive';
      while (connection !== 'close') {
        const sent = send(service.port, '/a', { agent });
        outcomes.push(await outcome(sent));
        connection = (await sent).headers.connection;
      }
      return outcomes;
    };
    const clients = Array.from({ length: 10 }, client);
    await openConnections(service, 10);
    service.kill('SIGTERM');
    for (const outcomes of await Promise.all(clients)) {
      expect(outcomes.length).toBeGreaterThan(1);
      expect(new Set(outcomes)).toEqual(new Set(['200']));
    }
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 0 });
  });

  it('lets a slow reader have the whole of 10 MB', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
    const socket = await pausedReader(service);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    // Read in sips: the answer outlives the lame duck by far.
    while (socket.received.length < 9_000_000) {
      socket.socket.resume();
      await sleep(1);
      socket.socket.pause();
      await sleep(10);
    }
    socket.socket.resume();
    expect(await socket.closed).toBeUndefined();
    const body = socket.received.slice(socket.received.indexOf('\r\n\r\n') + 4);
    expect(body).toHaveLength(10_000_000);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('lets a client that reads steadily and slowly go on, longer than one may stop for', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
    const socket = await pausedReader(service);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    // Some 200 kB a second, for 8 s: less than the kernel needs to take more from Node within five.
    for (let sip = 0; sip < 40; sip += 1) {
      socket.socket.read(40_000);
      await sleep(200);
    }
    expect(service.warnings).toEqual([]);
    socket.socket.resume();
    expect(await socket.closed).toBeUndefined();
    expect(await service.exited).toEqual(CLEAN);
  });

  it('stays until the client has what only the kernel still holds: with the pod it would be lost', async () => {
    const { service, socket } = await withUnreadAnswer();
    service.kill('SIGTERM');
    await service.event('listener.closed');
    await sleep(700);
    expect(service.events).not.toContain('requests.drained');
    socket.socket.resume();
    expect(await socket.closed).toBeUndefined();
    expect(socket.received.length).toBeGreaterThan(1_500_000);
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(4_000);
  });

  it('is not held for ever by a client that stops reading, and says so', async () => {
    const { service } = await withUnreadAnswer();
    service.kill('SIGTERM');
    await service.line(({ undeliveredBytes }) => Number(undeliveredBytes) > 0, 'the warning');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('gives a client that stops reading the same time whatever the size of its answer', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '25' },
    });
    const socket = await pausedReader(service);
    service.kill('SIGTERM');
    const warning = await service.line(({ undeliveredBytes }) => Number(undeliveredBytes) > 0, 'the warning');
    // Each byte once.
    expect(Number(warning['undeliveredBytes'])).toBeLessThan(10_100_000);
    expect(await service.exited).toEqual(CLEAN);
    const elapsedMs = Number(service.moment('shutdown.complete')['elapsedMs']);
    expect(elapsedMs).toBeGreaterThan(4_500);
    // Once, and not once more for what the kernel holds.
    expect(elapsedMs).toBeLessThan(9_000);
    socket.destroy();
  });

  it('lets a stream that began before SIGTERM come to its end', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.1' } });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until((received) => received.includes('\n0\n'));
    service.kill('SIGTERM');
    await socket.until((received) => received.endsWith('0\r\n\r\n'));
    expect(socket.received).toContain('\n9\n');
    expect(await service.exited).toEqual(CLEAN);
  });

  it.each([
    ['a socket that never sent anything', ''],
    ['a half-sent header', 'GET /a HTTP/1.1\r\nHo'],
  ])('is not held by %s (F11)', async (_what, bytes) => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '20' } });
    const socket = await RawSocket.open(service.port);
    socket.write(bytes);
    await openConnections(service, 1);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(10_000);
  });

  it('gives a client that has only just connected the time to ask (F1)', async () => {
    const service = await Service.start({ args: fixture(), env: { PROPAGATION_SECONDS: '1', LAME_DUCK_SECONDS: '1' } });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    let latest = await RawSocket.open(service.port);
    const opening = setInterval(() => {
      RawSocket.open(service.port).then(
        (socket) => (latest = socket),
        () => undefined,
      );
    }, 50);
    await service.event('listener.closed');
    clearInterval(opening);
    latest.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await latest.closed;
    expect(latest.received).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('gives a header that comes in two packets the time to arrive', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.2' } });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /a HTTP/1.1\r\nHo');
    await openConnections(service, 1);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    socket.write('st: x\r\n\r\n');
    await socket.closed;
    expect(socket.received).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('holds a half-sent body no longer than its slice, and names it (F11)', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '0.8' },
    });
    const socket = await RawSocket.open(service.port);
    socket.write(
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half":',
    );
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.forced')).toMatchObject({ requests: [{ method: 'POST', route: '/echo' }] });
  });

  it('is not held by a client of the management listener that keeps its connection', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '5' } });
    const scraper = keepAlive();
    await send(service.managementPort, '/metrics', { agent: scraper });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('lame-duck.over')).toMatchObject({ reason: 'no connection left', openConnections: 0 });
  });

  it('waits for work given to Lifecycle.waitUntil', async () => {
    const service = await Service.start({ args: fixture() });
    await send(service.port, '/work');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.indexOf('fixture.work-done')).toBeGreaterThan(service.events.indexOf('listener.closed'));
    expect(service.events.indexOf('fixture.work-done')).toBeLessThan(service.events.indexOf('requests.drained'));
  });

  it('waits for work that is tracked while a client is still reading its answer', async () => {
    const { service, socket } = await withUnreadAnswer('/late-work');
    service.kill('SIGTERM');
    // At 0.2 s everything is answered, at 0.5 s the work is tracked, and at 1.3 s it is done.
    await service.event('listener.closed');
    await sleep(500);
    socket.socket.resume();
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.indexOf('fixture.work-done')).toBeGreaterThan(0);
    expect(service.events.indexOf('fixture.work-done')).toBeLessThan(service.events.indexOf('requests.drained'));
  });

  it('cuts an answer that is still being read at A+R, and says so', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '0.6' },
    });
    const socket = await unread(service);
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(Number(forced['undeliveredBytes'])).toBeGreaterThan(0);
    expect(forced.msg).toContain('bytes of answers not read yet');
    expect(service.events).not.toContain('requests.drained');
    expect(await service.exited).toEqual(FAILED);
    socket.destroy();
  });

  it('survives work that fails, and says which', async () => {
    const service = await Service.start({ args: fixture() });
    await send(service.port, '/failing-work');
    await service.line(({ work, level }) => work === 'a doomed write' && level === 'warn', 'the warning');
    expect(await send(service.port, '/a')).toMatchObject({ status: 200 });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('waits as long as it takes when it is unbounded', async () => {
    const env = { LAME_DUCK_SECONDS: '0', DRAIN_TIMEOUT_SECONDS: 'unbounded', TERMINATION_GRACE_PERIOD_SECONDS: '11' };
    const service = await Service.start({ env });
    const answer = send(service.port, '/?delay=3');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await service.event('shutdown.initiated')).toMatchObject({ budgetLeftMs: null });
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
  });
});

/** A service that is done with an answer, and a client that has not read it. */
async function withUnreadAnswer(...before: string[]): Promise<{ service: Service; socket: RawSocket }> {
  const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
  for (const path of before) {
    await send(service.port, path);
  }
  return { service, socket: await unread(service) };
}

async function unread(service: Service): Promise<RawSocket> {
  const socket = await RawSocket.open(service.port);
  socket.socket.pause();
  socket.write('GET /medium HTTP/1.1\r\nHost: x\r\n\r\n');
  await service.event('fixture.medium');
  await inFlight(service, 0);
  return socket;
}

/** A client that has begun to read a large answer, of which Node still holds a part, and has stopped. */
async function pausedReader(service: Service): Promise<RawSocket> {
  const socket = await RawSocket.open(service.port);
  socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n');
  await socket.until((received) => received.length > 0);
  socket.socket.pause();
  return socket;
}
