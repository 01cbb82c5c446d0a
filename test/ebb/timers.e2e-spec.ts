/** Timers of @nestjs/schedule when the pod leaves: no run begins, and those that run are finished before any hook. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { app, CLEAN, endServices, FAILED, Service, stock } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

/** What began and ended, in the order of the log, from a moment on. */
function after(service: Service, event: string): string[] {
  const { events } = service;
  return events.slice(events.indexOf(event) + 1);
}

const began = (events: readonly string[]) => events.filter((event) => event.endsWith('.began'));

function onClosedPool(service: Service): string[] {
  return service.lines.flatMap(({ event, onClosedPool: isClosed }) => (isClosed === true ? (event ?? []) : []));
}

describe('timers', () => {
  it.each(['report', 'clean-up', 'warm-up'])(
    'begin no run after the signal, and finish the one of "%s" before any hook',
    async (timer) => {
      const service = await Service.start({ args: app('timers'), env: { LAME_DUCK_SECONDS: '0.3' } });
      await service.event('poll.ended');
      await service.event(`${timer}.began`);
      service.kill('SIGTERM');
      expect(await service.exited).toEqual(CLEAN);
      const leaving = after(service, 'shutdown.initiated');
      expect(began(leaving)).toEqual([]);
      expect(leaving).toContain(`${timer}.ended`);
      expect(leaving.indexOf('requests.drained')).toBeGreaterThan(leaving.lastIndexOf(`${timer}.ended`));
      expect(leaving.indexOf('pool.closed')).toBeGreaterThan(leaving.indexOf('requests.drained'));
      expect(onClosedPool(service)).toEqual([]);
      expect(service.warnings).toEqual([]);
    },
  );

  it('whose run takes too long are named, with their kind and age', async () => {
    const service = await Service.start({
      args: app('timers', 'endless'),
      env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '1.8' },
    });
    await service.event('report.began');
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(forced.msg).toMatch(/timers: cron "report" after \d\.\d s/);
    expect(forced['timers']).toContainEqual({ name: 'cron "report"', ageMs: expect.any(Number) });
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.complete')).toMatchObject({ failedHooks: [] });
    // Not at the end of the hooks' slice, 7 s.
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(5_000);
  });

  it('of a stock Nest service go on with a closed pool (negative control)', async () => {
    const service = await Service.start({ args: stock('timers') });
    await service.event('report.began');
    service.kill('SIGTERM');
    await service.exited;
    expect(began(after(service, 'pool.closed'))).toContain('poll.began');
    expect(onClosedPool(service)).toContain('poll.ended');
  });
});
