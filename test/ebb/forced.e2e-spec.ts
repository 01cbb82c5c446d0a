import { afterEach, describe, expect, it } from '@jest/globals';
import { outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { CLEAN, endServices, FAILED, fixture, Service, SHORT_BUDGET } from './support/service.js';

afterEach(endServices);

describe('a request over budget', () => {
  it('is cut at A+R and named with method, route and age; the hooks still run; the exit code is 1', async () => {
    const service = await Service.start({ args: fixture(), env: SHORT_BUDGET });
    const cut = outcome(send(service.port, '/users/42?token=secret'));
    await inFlight(service, 1);
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(await cut).toBe('ECONNRESET');

    expect(forced).toMatchObject({ level: 'error', requests: [{ method: 'GET', route: '/users/:id' }] });
    expect(forced.msg).toMatch(/^Server forced to shutdown: GET \/users\/:id after \d+\.\d s$/);
    expect(Number(forced['elapsedMs'])).toBeGreaterThanOrEqual(1_000);
    expect(Number(forced['elapsedMs'])).toBeLessThan(1_600);
    const [request] = forced['requests'] as { ageMs: number }[];
    expect(request?.ageMs).toBeGreaterThanOrEqual(1_000);
    expect(await service.exited).toEqual(FAILED);
    expect(service.events).toContain('fixture.destroyed');
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 1, finished: 0, exitCode: 1, signal: 'SIGTERM' });
    // Its query may hold anything.
    expect(service.log).not.toContain('secret');
  });

  it('costs nobody else an answer', async () => {
    const service = await Service.start({ args: fixture(), env: SHORT_BUDGET });
    const cut = outcome(send(service.port, '/?delay=30'));
    const inTime = send(service.port, '/?delay=0.6');
    await inFlight(service, 2);
    service.kill('SIGTERM');
    expect(await inTime).toMatchObject({ status: 200 });
    expect(await cut).toBe('ECONNRESET');
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 1, finished: 1 });
  });
});

describe('work that never ends', () => {
  it('is left behind at A+R and named', async () => {
    const service = await Service.start({ args: fixture(), env: SHORT_BUDGET });
    await send(service.port, '/endless-work');
    service.kill('SIGTERM');
    expect(await service.event('shutdown.forced')).toMatchObject({ work: ['an endless upload'], requests: [] });
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 0, workLeft: ['an endless upload'] });
  });
});

describe('an exception that nobody catches while the pod leaves', () => {
  it('costs no request in flight; it is logged, and the exit code is 1', async () => {
    const service = await Service.start({ args: fixture('leaving-throws'), env: { LAME_DUCK_SECONDS: '0.3' } });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(FAILED);
    await service.line(({ err }) => JSON.stringify(err ?? '').includes('the consumer was paused twice'), 'the error');
    expect(service.events).toContain('requests.drained');
  });
});

describe('a shutdown hook', () => {
  it('that throws is named, the hooks after it run, and the exit code is 1', async () => {
    const service = await Service.start({ args: fixture('hook-throws'), env: SHORT_BUDGET });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    const failure = await service.line(({ hook }) => hook === 'EarlyTeardown.onModuleDestroy', 'the failed hook');
    expect(failure).toMatchObject({ level: 'error', err: { message: 'the pool was closed twice' } });
    expect(service.events).toContain('fixture.last-hook');
    expect(service.moment('shutdown.complete')).toMatchObject({
      failedHooks: ['EarlyTeardown.onModuleDestroy'],
      exitCode: 1,
    });
  });

  it('of a transient provider is watched as well, whether it throws or hangs', async () => {
    const throwing = await Service.start({ args: fixture('transient-hook-throws'), env: SHORT_BUDGET });
    throwing.kill('SIGTERM');
    expect(await throwing.exited).toEqual(FAILED);
    expect(throwing.moment('shutdown.complete')).toMatchObject({ failedHooks: ['Buffered.onModuleDestroy'] });
    const hanging = await Service.start({ args: fixture('transient-hook-hangs'), env: SHORT_BUDGET });
    hanging.kill('SIGTERM');
    expect(await hanging.event('shutdown.forced')).toMatchObject({ hooks: ['Buffered.onModuleDestroy'] });
    expect(await hanging.exited).toEqual(FAILED);
  });

  it('of a guard is watched as well', async () => {
    const service = await Service.start({ args: fixture('guard-hook-throws'), env: SHORT_BUDGET });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ failedHooks: ['Gate.onModuleDestroy'] });
  });

  it('that hangs after app.close() has a deadline as soon as a signal comes', async () => {
    const service = await Service.start({ args: fixture('closes-itself', 'hook-hangs'), env: SHORT_BUDGET });
    await service.event('fixture.destroyed');
    service.kill('SIGTERM');
    expect(await service.event('shutdown.forced')).toMatchObject({ hooks: ['EarlyTeardown.onModuleDestroy'] });
    expect(await service.exited).toEqual(FAILED);
  });

  it.each([
    ['a bounded drain', {}],
    ['an unbounded drain', { DRAIN_TIMEOUT_SECONDS: 'unbounded' }],
  ])(
    'that hangs after %s is named when the time is up, and the process exits by itself (F10, F13)',
    async (_which, env) => {
      const service = await Service.start({ args: fixture('hook-hangs'), env: { ...SHORT_BUDGET, ...env } });
      service.kill('SIGTERM');
      const forced = await service.event('shutdown.forced');
      expect(forced).toMatchObject({ hooks: ['EarlyTeardown.onModuleDestroy'] });
      expect(forced.msg).toBe('Server forced to shutdown: still running: EarlyTeardown.onModuleDestroy');
      expect(await service.exited).toEqual(FAILED);
    },
  );

  it('that is slow gets what the earlier slices left: ends are absolute', async () => {
    // The last hook takes 1.5 s, more than C alone; A and R were not needed.
    const service = await Service.start({
      args: fixture('last-hook-slow'),
      env: { LAME_DUCK_SECONDS: '1', DRAIN_TIMEOUT_SECONDS: '8', CLEANUP_SECONDS: '0.5' },
    });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('never delays /livez: it answers 200 to the end (F17)', async () => {
    const service = await Service.start({
      args: fixture('last-hook-slow'),
      env: { DRAIN_TIMEOUT_SECONDS: '8', CLEANUP_SECONDS: '3' },
    });
    service.kill('SIGTERM');
    await service.event('fixture.last-hook');
    expect(await send(service.managementPort, '/livez')).toMatchObject({ status: 200 });
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
  });
});
