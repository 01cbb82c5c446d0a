/** An application without a public listener: probes, lifecycle and drain as for any other, and no lame duck. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { outcome, send } from './support/http-client.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

const LAME_DUCK = { LAME_DUCK_SECONDS: '5', PROPAGATION_SECONDS: '5' };

describe('a worker', () => {
  it('answers probes and listens to nobody else', async () => {
    const PORT = await new Ports().take();
    const service = await Service.start({ args: app('worker'), env: { PORT: String(PORT) } });
    expect(service.moment('startup.complete')).not.toHaveProperty('port');
    expect(await outcome(send(service.managementPort, '/readyz'))).toBe('200');
    expect(await outcome(send(PORT, '/'))).toBe('ECONNREFUSED');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('finishes what it does at %s, and goes at once', async (signal) => {
    const service = await Service.start({ args: app('worker'), env: LAME_DUCK });
    await service.line(({ round }) => round === 'done', 'a round');
    service.kill(signal);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).toEqual([
      'startup.complete',
      'shutdown.initiated',
      'listener.closed',
      'requests.drained',
      'shutdown.complete',
    ]);
    const rounds = service.lines.flatMap(({ round }) => (typeof round === 'string' ? [round] : []));
    expect(rounds.filter((round) => round === 'begun')).toHaveLength(rounds.length / 2);
    expect(rounds).not.toContain('freed');
    // The control: with a listener it takes the whole lame duck (test/ebb/lame-duck).
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(2_000);
  });
});
