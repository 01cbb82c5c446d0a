import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';
import { until } from '../../tools/lib/processes/until.js';

afterEach(endServices);

describe('SIGINT', () => {
  it('is a person at a terminal: no lame duck, but what is in flight is answered', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '5' } });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGINT');
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).not.toContain('lame-duck.over');
    expect(service.moment('shutdown.complete')).toMatchObject({ signal: 'SIGINT' });
  });

  it('that comes twice at once is one key press: a terminal signals the whole group, and npm forwards it', async () => {
    const service = await Service.start();
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGINT');
    await service.event('shutdown.initiated');
    service.kill('SIGINT');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
  });
});

describe('a second SIGTERM', () => {
  // Of a wrapper within milliseconds; of a node that shuts down, or a kubelet that was restarted, later.
  it.each([
    ['SIGTERM', 0],
    ['SIGTERM', 150],
    ['SIGINT', 150],
  ] as const)('after %s and %i ms is logged and changes nothing', async (first, afterMs) => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '0.3' } });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill(first);
    await service.event('shutdown.initiated');
    await sleep(afterMs);
    service.kill('SIGTERM');
    await service.line(({ msg }) => msg === 'SIGTERM once more: the shutdown goes on as it is', 'a line about it');
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('shutdown.complete')).toMatchObject({ signal: first, cut: 0 });
  });
});

describe('SIGINT of somebody who waits no longer', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('after %s exits at once with 130 and names what it cut', async (first) => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '5' } });
    const cut = outcome(send(service.port, '/?delay=30'));
    await inFlight(service, 1);
    service.kill(first);
    await service.event('shutdown.initiated');
    // Beyond the time within which two SIGINT are one key press.
    await sleep(150);
    service.kill('SIGINT');
    expect(await service.exited).toEqual({ code: 130, signal: null });
    expect(await cut).toBe('ECONNRESET');
    expect(service.moment('shutdown.forced')).toMatchObject({
      signal: 'SIGINT',
      requests: [{ method: 'GET', route: '/' }],
    });
    expect(service.moment('shutdown.complete')).toMatchObject({ cut: 1, exitCode: 130 });
    // The last words are the last line, whatever way it ends (F16).
    expect(service.lines.at(-1)?.msg).toBe('Server exiting');
  });
});

describe('a signal before the pod is ready', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s while onModuleInit runs exits at once and runs no hook (F18)',
    async (signal) => {
      const service = Service.spawn({ args: fixture('slow-init') });
      await service.event('fixture.init');
      service.kill(signal);
      expect(await service.exited).toEqual(CLEAN);
      expect(service.events).not.toContain('fixture.destroyed');
      expect(service.events).not.toContain('startup.complete');
      expect(service.moment('shutdown.complete')).toMatchObject({ msg: 'Server exiting', phase: 'starting', signal });
    },
  );

  it('is never lost, however early it comes', async () => {
    // Before the first line of main.ts runs, the default action ends the process; from then on Ebb does.
    for (const delayMs of [0, 30, 60, 100, 150, 200, 300, 400]) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const service = Service.spawn();
        await sleep(delayMs);
        service.kill(signal);
        const killedAt = performance.now();
        expect([CLEAN, { code: null, signal }]).toContainEqual(await service.exited);
        // Never longer than the imports take, which keep the event loop to themselves.
        expect(performance.now() - killedAt).toBeLessThan(5_000);
      }
    }
  });
});

describe('npm start', () => {
  it('hands SIGTERM on to the service, which leaves politely (F12)', async () => {
    const service = await startWithNpm();
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    await service.exited;
    expect(service.moment('shutdown.complete')).toMatchObject({ exitCode: 0 });
  });
});

/** As its parent npm is there, this is not the built service itself. */
function startWithNpm(): Promise<Service> {
  const npm = process.env['npm_execpath'];
  if (npm === undefined) {
    throw new Error('Run this test through npm: it needs npm_execpath.');
  }
  return Service.start({ args: [npm, 'run', 'start', '--ignore-scripts'], env: { PATH: process.env['PATH'] ?? '' } });
}

/** How this machine lets a process have PID 1 in a namespace of its own; undefined where it does not. */
const unshare = [
  ['--pid', '--fork'],
  ['--user', '--map-root-user', '--pid', '--fork'],
].find((flags) => spawnSync('unshare', [...flags, 'true']).status === 0);

(unshare === undefined ? describe.skip : describe)('PID 1 (skipped where unshare may not make a PID namespace)', () => {
  it.each([
    ['with a live timer', 'live-timer'],
    ['with a foreign listener for SIGTERM', 'foreign-listener'],
  ])('%s leaves when it is asked to and exits 0 (F10)', async (_what, trait) => {
    const pids = await startAsInit(fixture(trait, 'live-timer'));
    process.kill(pids.init, 'SIGTERM');
    expect(await pids.service.exited).toEqual(CLEAN);
    expect(pids.service.moment('shutdown.complete')).toMatchObject({ exitCode: 0, pid: 1 });
  });
});

async function startAsInit(args: readonly string[]): Promise<{ service: Service; init: number }> {
  const service = Service.spawn({
    args: [
      '-e',
      `process.execve('/usr/bin/env', ${JSON.stringify(['env', 'unshare', ...(unshare ?? []), process.execPath, ...args])})`,
    ],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  await service.event('startup.complete');
  const children = `/proc/${service.pid}/task/${service.pid}/children`;
  const init = await until('the child of unshare', () => {
    const pid = Number(readFileSync(children, 'utf8').trim());
    return pid > 0 ? pid : undefined;
  });
  return { service, init };
}
