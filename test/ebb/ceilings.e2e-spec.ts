/** What a look at the code alone would not find: each of these was missed by the other tests when it was broken on purpose. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { keepAlive, outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, FAILED, fixture, Service, SHORT_BUDGET } from './support/service.js';

afterEach(endServices);

describe('a shutdown', () => {
  it('a signal after app.close() sets the deadline anew, to C', async () => {
    const service = await Service.start({
      args: fixture('closes-itself', 'hook-hangs'),
      env: { ...SHORT_BUDGET, DRAIN_TIMEOUT_SECONDS: '15' },
    });
    await service.event('fixture.destroyed');
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(forced).toMatchObject({ hooks: ['EarlyTeardown.onModuleDestroy'] });
    // C after the signal; what A and R left would be 15 s more.
    expect(Number(forced['elapsedMs'])).toBeLessThan(8_000);
    expect(await service.exited).toEqual(FAILED);
  });

  it('a request that the kernel holds when the last answer is out is answered, on a connection that was idle', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.3' } });
    const idle = await RawSocket.open(service.port);
    idle.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.until((received) => received.endsWith('{"num":1}'));
    const last = keepAlive();
    await send(service.port, '/a', { agent: last });
    const slow = send(service.port, '/?delay=0.8');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    const blocked = send(service.port, '/block', { agent: last });
    await service.event('fixture.blocked');
    idle.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await blocked).toMatchObject({ status: 200 });
    expect(await slow).toMatchObject({ status: 200 });
    expect(await idle.closed).toBeUndefined();
    expect(idle.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('names 20 of many requests in the message, and all in the field', async () => {
    const service = await Service.start({ args: fixture(), env: SHORT_BUDGET });
    const cut = Array.from({ length: 23 }, () => outcome(send(service.port, '/users/42')));
    await inFlight(service, 23);
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(new Set(await Promise.all(cut))).toEqual(new Set(['ECONNRESET']));
    expect(forced['requests']).toHaveLength(23);
    expect(forced.msg?.match(/GET \/users\/:id after/g)).toHaveLength(20);
    expect(forced.msg).toMatch(/ s; and 3 more$/);
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 23 });
  });

  it('leaves its last words as the termination message in a cluster, and only there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-'));
    const path = join(folder, 'termination-log');
    // In place of the file that only a kubelet can make.
    const redirect = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      for (const name of ['truncateSync', 'writeFileSync']) {
        const original = fs[name];
        fs[name] = (path, ...args) => original(path === '/dev/termination-log' ? ${JSON.stringify(path)} : path, ...args);
      }
      syncBuiltinESMExports();`;
    const args = ['--import', `data:text/javascript,${encodeURIComponent(redirect)}`, ...fixture()];
    const inCluster = {
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      TERMINATION_GRACE_PERIOD_SECONDS: '60',
      PRE_STOP_SECONDS: '0',
      PROPAGATION_SECONDS: '0',
      LAME_DUCK_SECONDS: '0.2',
    };
    try {
      const reason = 'Error: nobody awaits this';
      const message = { signal: 'crash', phase: 'closing', reason, cut: 0, exitCode: 1 };
      for (const [env, expected] of [
        [{ LAME_DUCK_SECONDS: '0.2' }, undefined],
        [inCluster, expect.objectContaining(message)],
      ] as const) {
        writeFileSync(path, '');
        const service = await Service.start({ args, env });
        await send(service.port, '/reject');
        expect(await service.exited).toEqual(FAILED);
        const written = readFileSync(path, 'utf8');
        const said: unknown = written === '' ? undefined : JSON.parse(written);
        expect(said).toEqual(expected);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a listener for SIGTERM is not called at SIGINT', async () => {
    const env = { ...SHORT_BUDGET, CLEANUP_SECONDS: '2' };
    const service = await Service.start({ args: fixture('foreign-flushes', 'foreign-hangs'), env });
    service.kill('SIGINT');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).not.toContain('fixture.flushed');
  });

  it('SIGINT right after SIGTERM is no second key press: it insists', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '5' } });
    const cut = outcome(send(service.port, '/?delay=3'));
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    service.kill('SIGINT');
    expect(await cut).toBe('ECONNRESET');
    expect(await service.exited).toEqual({ code: 130, signal: null });
  });

  it('the deadline of a hook that hangs is counted from SIGTERM, however long the drain took', async () => {
    const service = await Service.start({
      args: fixture('hook-hangs'),
      env: { LAME_DUCK_SECONDS: '0.3', DRAIN_TIMEOUT_SECONDS: '1.5', CLEANUP_SECONDS: '0.6' },
    });
    const answer = send(service.port, '/?delay=1.5');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    const forced = await service.event('shutdown.forced');
    // A+R+C is 2.4 s.
    expect(Number(forced['elapsedMs'])).toBeGreaterThanOrEqual(2_390);
    expect(Number(forced['elapsedMs'])).toBeLessThan(3_300);
    expect(await service.exited).toEqual(FAILED);
  });

  it('a hook that is slow has all of C after an unbounded drain', async () => {
    const service = await Service.start({
      args: fixture('last-hook-slow'),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: 'unbounded', CLEANUP_SECONDS: '4' },
    });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).toContain('fixture.last-hook-done');
  });

  it('the hook of a middleware is watched as well', async () => {
    const service = await Service.start({ args: fixture('middleware-hook-throws'), env: SHORT_BUDGET });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ failedHooks: ['Meter.onModuleDestroy'] });
  });

  it('says its last words when app.close() is done, though the process lives on', async () => {
    const service = await Service.start({ args: fixture('closes-itself', 'live-timer') });
    expect(await service.event('shutdown.complete')).toMatchObject({ signal: 'close', phase: 'closing', exitCode: 0 });
  });

  it('a handler that was abandoned and finished before the signal is not counted', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
    const body = JSON.stringify({ seconds: 0.5 });
    const socket = await RawSocket.open(service.port);
    socket.write(
      `POST /pay HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await service.event('fixture.paying');
    socket.socket.resetAndDestroy();
    await service.event('fixture.paid');
    await inFlight(service, 0);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ abandoned: 0, finished: 0, cut: 0 });
  });

  it('gives a client that stops reading a stream the same time, though its handler waits for it', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '18' },
    });
    const socket = await RawSocket.open(service.port);
    socket.write('GET /pour HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until((received) => received.length > 0);
    socket.socket.pause();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(12_000);
    socket.destroy();
  });

  it('a client that was answered early and sends no more is let go after a while', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '20' },
    });
    // Keeps its own side open when the other one ends.
    const socket = await RawSocket.open(service.port, true);
    socket.write('POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\nxxx');
    await socket.until((received) => received.endsWith('early'));
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(4_600);
    socket.destroy();
  });

  it('goes as soon as tracked work is done', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.2' } });
    await send(service.port, '/work');
    service.kill('SIGTERM');
    const drained = await service.event('requests.drained');
    // The work takes 0.8 s; A+R would be far more.
    expect(Number(drained['elapsedMs'])).toBeLessThan(5_000);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('answers every connection in the queue of the kernel at SIGINT too, where no lame duck comes between', async () => {
    const service = await Service.start({ args: fixture() });
    const blocked = outcome(send(service.port, '/block'));
    await service.event('fixture.blocked');
    // Signal and connections are there when the event loop looks again.
    const queued = Array.from({ length: 30 }, () => outcome(send(service.port, '/a')));
    await sleep(200);
    service.kill('SIGINT');
    expect(new Set(await Promise.all([blocked, ...queued]))).toEqual(new Set(['200']));
    expect(await service.exited).toEqual(CLEAN);
  });

  it('of a transient provider each instance is watched', async () => {
    const throwing = await Service.start({
      args: fixture('transient-hook-throws', 'transient-twice'),
      env: SHORT_BUDGET,
    });
    throwing.kill('SIGTERM');
    expect(await throwing.exited).toEqual(FAILED);
    expect(throwing.moment('shutdown.complete')).toMatchObject({
      failedHooks: ['Buffered.onModuleDestroy', 'Buffered.onModuleDestroy'],
    });
  });
});
