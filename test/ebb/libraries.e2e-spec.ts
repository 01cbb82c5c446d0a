/** A library of the application's own, whose goodbye sits in the last hook of all: called early by a row in `defineApp`. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { app, CLEAN, endServices, FAILED, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

async function leavesWhileSending(traits: readonly string[], env: Record<string, string> = {}): Promise<Service> {
  const service = await Service.start({
    args: app('mailer', ...traits),
    env: { LAME_DUCK_SECONDS: '0.2', DRAIN_TIMEOUT_SECONDS: '1.8', ...env },
  });
  await service.event('mail.taken');
  service.kill('SIGTERM');
  return service;
}

/** From the signal on. */
function mails(service: Service): string[] {
  const { events } = service;
  return events.slice(events.indexOf('shutdown.initiated')).filter((event) => /^(?:mail|pool|requests)\./.test(event));
}

const EARLY_FAILED = 'MailSender.onApplicationShutdown of mail-sender, called early, failed';

describe('a library with a row of its own', () => {
  it.each(['row', 'watched'])(
    '(%s) takes nothing after the signal, and has finished before any hook',
    async (trait) => {
      const service = await leavesWhileSending([trait]);
      expect(await service.exited).toEqual(CLEAN);
      expect(mails(service)).toEqual(['mail.goodbye', 'mail.sent', 'requests.drained', 'pool.closed']);
      expect(service.events.filter((event) => event === 'mail.goodbye')).toHaveLength(1);
    },
  );

  it('and without one goes on with what the hooks have freed (negative control)', async () => {
    const service = await leavesWhileSending([]);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.lines).toContainEqual(expect.objectContaining({ event: 'mail.sent', onClosedPool: true }));
  });

  it('whose hook fails is named in a warning, and as a hook that failed', async () => {
    const service = await leavesWhileSending(['row', 'throws']);
    expect(await service.exited).toEqual(FAILED);
    expect(service.warnings).toEqual([EARLY_FAILED]);
    expect(service.moment('shutdown.complete')).toMatchObject({
      failedHooks: ['MailSender.onApplicationShutdown'],
      elapsedMs: expect.any(Number),
    });
    expect(Number(service.moment('requests.drained')['elapsedMs'])).toBeLessThan(1_500);
  });

  it('whose hook never returns is named when its time is over, and blamed once', async () => {
    const service = await leavesWhileSending(['row', 'hangs']);
    const forced = await service.event('shutdown.forced');
    expect(forced.msg).toMatch(/: mails: MailSender\.onApplicationShutdown after \d\.\d s$/);
    expect(forced['mails']).toEqual([{ name: 'MailSender.onApplicationShutdown', ageMs: expect.any(Number) }]);
    expect(await service.exited).toEqual(FAILED);
    expect(service.events.filter((event) => event === 'shutdown.forced')).toHaveLength(1);
    expect(service.moment('shutdown.complete')).toMatchObject({ failedHooks: [] });
    // Not at the end of the hooks' slice, 7 s.
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(5_000);
  });

  it('whose hook never returns though nothing runs is left behind after a while, with a warning', async () => {
    const service = await leavesWhileSending(['watched', 'hangs'], { DRAIN_TIMEOUT_SECONDS: '30' });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings).toContainEqual(expect.stringContaining('does not return: the pod leaves without it'));
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(8_000);
  });

  it('is told before its time is over, and may give its work back', async () => {
    const service = await leavesWhileSending(['watched', 'endless', 'listens']);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('mail.told')).toMatchObject({ isTheProvider: true });
    expect(mails(service)).toEqual(['mail.goodbye', 'mail.told', 'mail.sent', 'requests.drained', 'pool.closed']);
  });

  it('is cut when it does not, after the log has named what runs; and a row that fails stops nobody', async () => {
    const service = await leavesWhileSending(['watched', 'endless']);
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.forced').msg).toMatch(/: mails: mail 1 after \d\.\d s$/);
    expect(mails(service)).toEqual(['mail.goodbye', 'mail.told', 'mail.cut', 'pool.closed']);
    expect(service.warnings).toEqual(['cut() of the row of mail-sender failed']);
  });
});

describe('a row that is mistaken', () => {
  it.each([
    [
      'misspelt',
      /names MailSenter\.onApplicationShutdown of "mail-sender", but no provider of the application is a MailSenter/,
    ],
    ['wrong-hook', /names MailSender\.onModuleDestroy of "mail-sender", but that class has no such hook/],
    ['twice', /has MailSender\.onApplicationShutdown of "mail-sender", which "mail-sender" has already/],
    ['nameless', /a row of libraries needs "name", a text/],
  ])('(%s) refuses the start with one line', async (trait, says) => {
    const service = Service.spawn({ args: app('mailer', 'row', trait) });
    expect(await service.exited).toEqual(FAILED);
    const problems = service.lines.filter(({ level }) => level !== 'info');
    expect(problems).toEqual([expect.objectContaining({ level: 'fatal', event: 'startup.failed' })]);
    expect(problems[0]?.msg).toMatch(/^Cannot start: /);
    expect(problems[0]?.msg).toMatch(says);
  });
});
