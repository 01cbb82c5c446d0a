import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { refusal } from './support/refusal.js';
import { app, endServices, fixture, type LogLine, Service } from './support/service.js';
import { until } from '../../tools/lib/processes/until.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

function isForeignListenerLine({ listeners }: LogLine): boolean {
  return listeners !== undefined;
}

async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

describe('a service that cannot start', () => {
  it('says every mistake in its configuration at once, and exits with 1', async () => {
    const message = await refusal({
      env: {
        PORT: '70000',
        LOG_LEVEL: 'loud',
        SIDECARS: 'no-such-sidecar',
        KEEP_ALIVE_SECONDS: '0',
        SAMPLE_DELAY_SECONDS: 'abc',
        TERMINATION_GRACE_PERIOD_SECONDS: '30',
      },
    });
    expect(message).toContain('6 mistakes');
    for (const mistake of [
      'PORT="70000" must be a whole number from 0 to 65535',
      'LOG_LEVEL="loud" must be one of',
      'SIDECARS="no-such-sidecar" must be',
      'KEEP_ALIVE_SECONDS="0" must be a number of seconds from 1 to',
      'SAMPLE_DELAY_SECONDS="abc" must be a number of seconds',
      'The slices do not fit into the grace period',
    ]) {
      expect(message).toContain(`\n- ${mistake}`);
    }
  });

  it('for its time budget says every slice, the sum and the grace period', async () => {
    const message = await refusal({
      env: {
        TERMINATION_GRACE_PERIOD_SECONDS: '40',
        PRE_STOP_SECONDS: '1.5',
        LAME_DUCK_SECONDS: '2',
        DRAIN_TIMEOUT_SECONDS: '33',
        CLEANUP_SECONDS: '4',
        SIDECAR_SECONDS: '6',
      },
    });
    const rows = [...message.matchAll(/^ +(\S.*?) +([\d.]+)(?: +\w)?$/gm)].map(([, name, value]) => [name, value]);
    expect(rows).toEqual([
      ['PRE_STOP_SECONDS', '1.5'],
      ['LAME_DUCK_SECONDS', '2'],
      ['DRAIN_TIMEOUT_SECONDS', '33'],
      ['CLEANUP_SECONDS', '4'],
      ['SIDECAR_SECONDS', '6'],
      ['margin (fixed)', '5'],
      ['sum', '51.5'],
      ['TERMINATION_GRACE_PERIOD_SECONDS', '40'],
    ]);
    expect(message).toContain('Raise TERMINATION_GRACE_PERIOD_SECONDS to at least 51.5');
  });

  it.each(['PORT', 'MANAGEMENT_PORT'])(
    'because %s is taken says which, in one line and without a stack',
    async (variable) => {
      const { server, port } = await occupy();
      try {
        const message = await refusal({ env: { [variable]: String(port) } });
        expect(message).toMatch(/^Cannot start: .*\bin use\b/);
        expect(message).toContain(`port ${port} `);
        expect(message).not.toContain('\n');
      } finally {
        server.close();
      }
    },
  );

  // An address kept for documentation, so nobody's; and something that is none at all.
  it.each(['192.0.2.1', 'no address'])(
    'because HOST is "%s" says so, in one line and without a stack',
    async (host) => {
      const message = await refusal({ env: { HOST: host } });
      expect(message).toMatch(/^Cannot start: HOST is no address of this machine/);
      expect(message).toContain(host);
      expect(message).not.toContain('\n');
    },
  );
});

describe('the log', () => {
  const MOMENTS = [
    'startup.complete',
    'shutdown.initiated',
    'lame-duck.over',
    'listener.closed',
    'requests.drained',
    'shutdown.complete',
  ];

  it('tells the life of a pod in JSON lines, each moment with its figures', async () => {
    const service = await Service.start();
    const answer = send(service.port, '/?delay=0.5');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await Promise.all([answer, service.exited]);

    expect(service.text).toEqual([]);
    for (const line of service.lines) {
      expect(line).toMatchObject({ level: 'info', time: expect.any(String), msg: expect.any(String) });
      expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
    }
    expect(service.events).toEqual(MOMENTS);
    const moments = MOMENTS.map((event) => service.moment(event));
    for (const moment of moments) {
      expect(moment).toMatchObject({
        elapsedMs: expect.any(Number),
        budgetLeftMs: expect.any(Number),
        inFlight: expect.any(Number),
        openConnections: expect.any(Number),
      });
    }
    // Elapsed counts up from the signal, and what is left of A+R+C counts down.
    const [, ...leaving] = moments;
    const elapsed = leaving.map(({ elapsedMs }) => Number(elapsedMs));
    expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
    expect(leaving.map(({ elapsedMs, budgetLeftMs }) => Number(elapsedMs) + Number(budgetLeftMs))).toEqual(
      leaving.map(() => 35_000),
    );
    expect(service.moment('startup.complete')).toMatchObject({ phase: 'ready', inFlight: 0, openConnections: 0 });
    expect(service.moment('shutdown.initiated')).toMatchObject({
      msg: 'Shutting down server...',
      cause: 'SIGTERM',
      inFlight: 1,
      openConnections: 1,
    });
    expect(service.moment('requests.drained')).toMatchObject({ inFlight: 0 });
    expect(service.moment('shutdown.complete')).toMatchObject({ msg: 'Server exiting', exitCode: 0, inFlight: 0 });
    expect(service.lines.at(-1)).toBe(service.moment('shutdown.complete'));
  });

  it('is written as things happen, also while the service still starts', async () => {
    const service = Service.spawn({ args: fixture('slow-init') });
    await service.event('fixture.init');
    expect(service.events).not.toContain('startup.complete');
  });

  it('names the listeners for signals that are not ours, and only those', async () => {
    const stranger = await Service.start({ args: fixture('foreign-listener') });
    expect(stranger.lines.find(isForeignListenerLine)).toMatchObject({
      listeners: ['listener forNothing for SIGTERM'],
    });
    const ordinary = await Service.start({ args: fixture() });
    expect(ordinary.lines.find(isForeignListenerLine)).toBeUndefined();
  });
});

// Where there is one: `script` of util-linux makes a terminal for whatever it runs.
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
if (!hasTerminal) {
  process.stdout.write('Skipped: the log on a terminal. There is no `script` of util-linux to make one.\n');
}

(hasTerminal ? describe : describe.skip)('the log on a terminal', () => {
  it('is made for a person, and Ctrl-C ends the service', async () => {
    // With exec, or the shell between would die of the same key and the exit code were its own.
    const terminal = spawn('script', ['-qec', `exec ${process.execPath} ${app('sample').join(' ')}`, '/dev/null'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env['PATH'], PORT: '0', MANAGEMENT_PORT: '0', HOST: '127.0.0.1' },
    });
    const ended = once(terminal, 'close');
    let text = '';
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    try {
      const shows = (words: string) =>
        until(
          `"${words}" on the terminal`,
          () => (text.includes(words) ? true : undefined),
          () => terminal.exitCode !== null,
          () => text,
        );
      await shows('Server ready');
      // The terminal turns this key into SIGINT for whatever runs in it.
      terminal.stdin.write('\u0003');
      await shows('Shutting down server...');
      await shows('Server exiting');
      expect(await ended).toEqual([0, null]);
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      expect(lines.filter((line) => line.trimStart().startsWith('{'))).toEqual([]);
      expect(lines.find((line) => line.includes('Server ready'))).toMatch(/INFO.*startup\.complete/);
    } finally {
      terminal.kill('SIGKILL');
    }
  });
});
