/** What else may end a service than a signal: exceptions, process.exit(), app.close(), listeners of libraries. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { CLEAN, endServices, FAILED, fixture, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

describe('what nobody catches while the pod is ready', () => {
  it.each([
    ['/crash', 'TypeError: the cache is gone'],
    ['/reject', 'Error: nobody awaits this'],
  ])('(%s) has it leave as at SIGTERM, with a reason and exit code 1', async (path, reason) => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '0.5' } });
    const answer = send(service.port, '/?delay=1.5');
    await inFlight(service, 1);
    expect(await send(service.port, path)).toMatchObject({ status: 200 });
    await service.event('shutdown.initiated');
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
    expect(await send(service.port, '/a')).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(FAILED);
    const fatal = service.lines.filter(({ level }) => level === 'fatal');
    expect(fatal).toEqual([expect.objectContaining({ msg: `Nobody caught ${reason}: the pod leaves` })]);
    expect(service.events).toContain('fixture.destroyed');
    expect(service.moment('shutdown.complete')).toMatchObject({ signal: 'crash', reason, cut: 0, exitCode: 1 });
    // No raw stack beside the log, and no flood in it.
    expect(service.text).toEqual([]);
    expect(service.lines.filter(({ level }) => level === 'error').length).toBeLessThan(20);
  });
});

describe('process.exit() in user code', () => {
  it('is never 0 when something is cut, and names it', async () => {
    const service = await Service.start({ args: fixture() });
    const cut = outcome(send(service.port, '/?delay=30'));
    await inFlight(service, 1);
    await outcome(send(service.port, '/exit'));
    expect(await service.exited).toEqual(FAILED);
    expect(await cut).toBe('ECONNRESET');
    const forced = service.moment('shutdown.forced');
    expect(forced.msg).toContain('something called process.exit(0); GET / after');
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 2, exitCode: 1 });
  });
});

describe('an exit listener that throws', () => {
  it('does not take the last words away', async () => {
    const service = await Service.start({ args: fixture('exit-throws') });
    service.kill('SIGTERM');
    await service.exited;
    expect(service.moment('shutdown.complete')).toMatchObject({ signal: 'SIGTERM', cut: 0 });
  });
});

describe('app.close() by code in a cluster', () => {
  it('serves on for its lame duck, as at SIGTERM', async () => {
    const service = await Service.start({
      args: fixture('closes-itself'),
      env: {
        KUBERNETES_SERVICE_HOST: '10.96.0.1',
        TERMINATION_GRACE_PERIOD_SECONDS: '60',
        PRE_STOP_SECONDS: '0',
        PROPAGATION_SECONDS: '1',
        LAME_DUCK_SECONDS: '1',
      },
    });
    await service.event('shutdown.initiated');
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
    expect(await send(service.port, '/a')).toMatchObject({ status: 200, headers: { connection: 'close' } });
    const over = await service.event('lame-duck.over');
    expect(Number(over['elapsedMs'])).toBeGreaterThanOrEqual(995);
    await service.event('shutdown.complete');
  });
});

describe("a library's listener for SIGTERM", () => {
  it.each(['foreign-exits', 'foreign-listener'])('(%s) costs no request in flight', async (trait) => {
    const service = await Service.start({ args: fixture(trait), env: { LAME_DUCK_SECONDS: '0.2' } });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).toContain('fixture.last-hook');
  });

  it('that flushes is awaited, after the last hook', async () => {
    const service = await Service.start({ args: fixture('foreign-flushes') });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.indexOf('fixture.flushed')).toBeGreaterThan(service.events.indexOf('fixture.last-hook'));
  });

  it('that hangs is named when the time is up', async () => {
    const env = { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '0.2', CLEANUP_SECONDS: '0.5' };
    const service = await Service.start({ args: fixture('foreign-hangs'), env });
    service.kill('SIGTERM');
    expect(await service.event('shutdown.forced')).toMatchObject({ hooks: ['listener hang for SIGTERM'] });
    expect(await service.exited).toEqual(FAILED);
  });
});
