/**
 * The service beside the real programs, with the configuration that is shipped: what each row of the table says of them, and
 * what happens to those who come through Envoy. Skipped, with the reason, where there are none: `SIDECAR_BIN_DIR` names the
 * folder that has them.
 */
import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listen } from '../../src/ebb/http/listen.js';
import { type Sidecar, type SidecarName, SIDECARS } from '../../src/ebb/sidecars/table.js';
import { addressVariables } from './support/fake-sidecar.js';
import { type Answer, keepAlive, outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';
import {
  cloudSqlProxy,
  collector,
  daprd,
  endSidecarPrograms,
  envoy,
  type EnvoyPorts,
  freePort,
  type Launch,
  type ProgramName,
  SidecarProgram,
  whyNot,
} from './support/sidecar-program.js';
import { until } from '../../tools/lib/processes/until.js';

const servers = new Set<Server>();

afterEach(endServices);
afterEach(endSidecarPrograms);
afterEach(() => {
  servers.forEach((server) => server.close());
  servers.clear();
});

/** A group of tests that needs a program, or its name with the reason why it is skipped. */
function describeWith(program: ProgramName, subject: string, tests: () => void): void {
  const reason = whyNot(program);
  const group = reason === undefined ? describe : describe.skip;
  group(reason === undefined ? subject : `${subject} (skipped: ${reason})`, tests);
}

/** The environment of a service that has this program as its sidecar, and is told to end it. */
function inPod(name: SidecarName, { port, quitPort }: Launch, app: number): Record<string, string> {
  return {
    PORT: String(app),
    SIDECARS: name,
    ...addressVariables(name, `http://127.0.0.1:${port}`, `http://127.0.0.1:${quitPort}`),
    SIDECAR_QUIT: 'true',
  };
}

/** A service that somebody calls. */
async function callee(): Promise<number> {
  const server = createServer((_request, response) => response.end('called'));
  servers.add(server);
  return listen(server, 0, '127.0.0.1');
}

interface Case {
  readonly program: ProgramName;
  readonly name: SidecarName;
  readonly launch: (app: number) => Promise<Launch>;
  /** What its row asks, and what it answers; written out where the row has no such call. */
  readonly drain: string;
  readonly quit: string;
  /** What its calls answer to the wrong method. */
  readonly wrong: readonly (readonly [string, string, string])[];
}

const CASES: readonly Case[] = [
  {
    program: 'envoy',
    name: 'envoy',
    launch: envoy,
    drain: '200',
    quit: '200',
    wrong: [
      ['GET', '/drain_listeners?graceful&skip_exit', '405'],
      ['GET', '/quitquitquit', '405'],
    ],
  },
  {
    program: 'daprd',
    name: 'dapr',
    launch: daprd,
    drain: 'no call',
    quit: '204',
    wrong: [['GET', '/v1.0/shutdown', '404']],
  },
  {
    program: 'cloud-sql-proxy',
    name: 'cloud-sql-proxy',
    launch: cloudSqlProxy,
    drain: 'no call',
    quit: '200',
    wrong: [],
  },
  { program: 'otelcol', name: 'otel-collector', launch: collector, drain: 'no call', quit: 'no call', wrong: [] },
];

/** Asks what a row asks, and says what came of it. */
function ask(port: number, call: Sidecar['ready']): Promise<string> {
  return call === undefined ? Promise.resolve('no call') : outcome(send(port, call.path, { method: call.method }));
}

/** What `quit` has begun, or SIGTERM where there is no such call, as for the collector. */
async function ended(program: SidecarProgram, { quit }: Sidecar): Promise<unknown> {
  if (quit === undefined) {
    program.kill('SIGTERM');
  }
  return program.exited;
}

for (const { program: needed, name, launch, ...answers } of CASES) {
  const row: Sidecar = SIDECARS[name];
  const [yes] = row.ready?.statuses ?? [];

  describeWith(needed, `${row.product}, the real one`, () => {
    it('answers as its row says: refuses before it is up, says yes when it is and when it drains, ends with 0', async () => {
      const settings = await launch(await freePort());
      expect(await ask(settings.port, row.ready)).toBe('ECONNREFUSED');
      const program = new SidecarProgram(settings);
      await program.untilAnswers(settings.port, row.ready?.path ?? '', String(yes));

      for (const [method, path, answer] of answers.wrong) {
        expect([method, path, await outcome(send(settings.port, path, { method }))]).toEqual([method, path, answer]);
      }
      // Twice: one that injected it, or another container, may have done so before.
      expect(await ask(settings.port, row.drain)).toBe(answers.drain);
      expect(await ask(settings.port, row.drain)).toBe(answers.drain);
      expect(await ask(settings.port, row.ready)).toBe(String(yes));

      expect(await ask(settings.quitPort, row.quit)).toBe(answers.quit);
      expect(await ended(program, row)).toEqual(CLEAN);
      expect(await ask(settings.port, row.ready)).toBe('ECONNREFUSED');
    });

    it('is waited for by a service that was there before it, and outlives the service', async () => {
      const app = await freePort();
      const settings = await launch(app);
      const env = { ...inPod(name, settings, app), LAME_DUCK_SECONDS: '0.3' };
      const service = Service.spawn({ args: fixture(), env });
      await service.event('sidecars.waiting');
      expect(await outcome(send(app, '/a'))).toBe('ECONNREFUSED');

      const program = new SidecarProgram(settings);
      await service.event('startup.complete');
      expect(await outcome(send(app, '/a'))).toBe('200');
      expect(await ask(settings.port, row.ready)).toBe(String(yes));

      service.kill('SIGTERM');
      await service.event('fixture.destroyed');
      expect(await service.exited).toEqual(CLEAN);
      expect(service.warnings).toEqual([]);
      expect(await ended(program, row)).toEqual(CLEAN);
    });
  });
}

describeWith('daprd', 'daprd', () => {
  it('includes the service in its own health, so that this is not what a service may wait for', async () => {
    const app = await freePort();
    const settings = await daprd(app);
    const program = new SidecarProgram(settings);
    await program.untilAnswers(settings.port, '/v1.0/healthz/outbound', '204');
    expect(await outcome(send(settings.port, '/v1.0/healthz'))).toBe('500');
    await Service.start({ env: inPod('dapr', settings, app) });
    await program.untilAnswers(settings.port, '/v1.0/healthz', '204');
  });

  it('carries a call that the service makes in its last hook', async () => {
    const app = await freePort();
    const settings = await daprd(app);
    const program = new SidecarProgram(settings);
    const url = `http://127.0.0.1:${settings.port}/v1.0/invoke/http://127.0.0.1:${await callee()}/method/a`;
    const env = { ...inPod('dapr', settings, app), FIXTURE_CALLS: JSON.stringify([{ name: 'through daprd', url }]) };
    const service = await Service.start({ args: fixture('calls-out'), env });
    service.kill('SIGTERM');
    expect(await service.event('fixture.called')).toMatchObject({ calls: { 'through daprd': '200' } });
    expect(await service.exited).toEqual(CLEAN);
    expect(await program.exited).toEqual(CLEAN);
  });
});

describeWith('otelcol', 'the collector', () => {
  it('sends on what it has when it is ended, and ends with 0', async () => {
    const settings = await collector();
    const program = new SidecarProgram(settings);
    await program.untilAnswers(settings.port, '/', '200');
    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      name: 'last words',
      kind: 1,
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const headers = { 'content-type': 'application/json' };
    expect(await send(settings.otlp, '/v1/traces', { method: 'POST', headers, body })).toMatchObject({ status: 200 });
    expect(program.log).not.toContain('"spans": 1');
    program.kill('SIGTERM');
    expect(await program.exited).toEqual(CLEAN);
    expect(program.log).toContain('"spans": 1');
  });
});

interface Told extends Answer {
  /** When it was asked, as `Date.now()` counts; a log's `time` is of the same clock. */
  readonly askedAt: number;
}

/** A client on one connection, which it keeps until it is told to leave or gets no good answer. It never retries. */
async function insist(port: number, path: string, thinkMs: number, answers: Told[]): Promise<string> {
  const agent = keepAlive();
  try {
    for (;;) {
      const askedAt = Date.now();
      const answer = await send(port, path, { agent });
      answers.push({ ...answer, askedAt });
      if (answer.status !== 200) {
        return String(answer.status);
      }
      if (answer.headers.connection === 'close') {
        return 'told to leave';
      }
      await sleep(thinkMs);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    agent.destroy();
  }
}

/** Busy clients, clients that think, and clients whose requests take a while. */
const CLIENTS: readonly (readonly [string, number])[] = [
  ...Array.from({ length: 6 }, () => ['/?delay=0.02', 0] as const),
  ...Array.from({ length: 6 }, (_, index) => ['/a', 50 + index * 30] as const),
  ...Array.from({ length: 4 }, () => ['/?delay=0.6', 0] as const),
];

interface Load {
  /** Why each client stopped, in the end. */
  readonly ends: Promise<string[]>;
  readonly answers: readonly Told[];
}

/** Clients that come through Envoy; resolves when each of them has been answered. */
async function underLoad(port: number): Promise<Load> {
  const each = CLIENTS.map(([path, thinkMs]) => {
    const own: Told[] = [];
    return { own, end: insist(port, path, thinkMs, own) };
  });
  await until('every client to be answered', () => (each.every(({ own }) => own.length > 0) ? true : undefined));
  return {
    ends: Promise.all(each.map(({ end }) => end)),
    get answers() {
      return each.flatMap(({ own }) => own);
    },
  };
}

/** A service and the Envoy in front of it, up and ready. */
async function pod(
  env: Record<string, string>,
  args = fixture(),
): Promise<{ service: Service; program: SidecarProgram; admin: number; ports: EnvoyPorts }> {
  const settings = await envoy();
  const { ports, port: admin } = settings;
  const program = new SidecarProgram(settings);
  const service = Service.spawn({
    args,
    env: { ...inPod('envoy', settings, ports.app), MANAGEMENT_PORT: String(ports.management), ...env },
  });
  await Promise.all([service.event('startup.complete'), program.untilAnswers(admin, '/ready', '200')]);
  return { service, program, admin, ports };
}

/** An answer that was written to the last byte, through Envoy, for a client that does not read, from outside of the pod. */
async function withUnreadAnswer(env: Record<string, string>): Promise<{ service: Service; socket: RawSocket }> {
  const { service, ports } = await pod({ LAME_DUCK_SECONDS: '0.2', ...env });
  // What stays on loopback is never taken for a client.
  const [outside] = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
  );
  const socket = await RawSocket.open(ports.inbound, false, outside?.address);
  socket.socket.pause();
  socket.write('GET /medium HTTP/1.1\r\nHost: x\r\n\r\n');
  await service.event('fixture.medium');
  await inFlight(service, 0);
  return { service, socket };
}

describeWith('envoy', 'behind a real Envoy', () => {
  it('a pod that leaves loses no request: each client is answered and told to leave, and then the pod goes early', async () => {
    // Longer than it takes to see, after SIGTERM, that these clients had connected before it.
    const { service, program, ports } = await pod({ LAME_DUCK_SECONDS: '10', PROPAGATION_SECONDS: '2' });
    const load = await underLoad(ports.inbound);
    // Nobody is told before.
    expect(load.answers.filter(({ headers }) => headers.connection === 'close')).toEqual([]);
    service.kill('SIGTERM');

    expect(new Set(await load.ends)).toEqual(new Set(['told to leave']));
    expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await service.exited).toEqual(CLEAN);
    const draining = service.moment('sidecars.draining');
    expect(draining['sidecars']).toEqual({ envoy: 'yes' });
    const since = load.answers.filter(({ askedAt }) => askedAt > Date.parse(String(draining['time'])));
    expect(since.filter(({ headers }) => headers.connection !== 'close')).toEqual([]);
    expect(service.moment('lame-duck.over')).toMatchObject({ reason: 'no connection left' });
    expect(service.warnings).toEqual([]);
    expect(await program.exited).toEqual(CLEAN);
  });

  it('a pod that leaves loses requests where Envoy is not told (negative control)', async () => {
    const { service, ports } = await pod({ LAME_DUCK_SECONDS: '1', SIDECARS: '' });
    const load = await underLoad(ports.inbound);
    service.kill('SIGTERM');
    expect(await load.ends).toContain('503');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('a client that was silent all the time asks after the lame duck, while another is being answered, and gets 200', async () => {
    const { service, ports } = await pod({ LAME_DUCK_SECONDS: '0.5' });
    const idle = keepAlive();
    expect((await send(ports.inbound, '/a', { agent: idle })).headers.connection).toBeUndefined();
    const slow = send(ports.inbound, '/?delay=2.5');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    // Two are connected to Envoy.
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'time is up' });
    expect(await send(ports.inbound, '/a', { agent: idle })).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
    expect(await send(ports.inbound, '/a')).toMatchObject({ status: 200 });
    expect(service.events).not.toContain('listener.closed');
    expect(await slow).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('stays until a client that reads slowly has what Envoy still holds: with the pod it would be lost', async () => {
    const { service, socket } = await withUnreadAnswer({});
    service.kill('SIGTERM');
    await service.event('listener.closed');
    await sleep(700);
    expect(service.events).not.toContain('requests.drained');
    socket.socket.resume();
    const received = await socket.until((text) => text.length > 1_500_000);
    expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toHaveLength(1_500_000);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings).toEqual([]);
    socket.destroy();
  });

  it('is gone before that when it does not know of Envoy (negative control)', async () => {
    const { service, socket } = await withUnreadAnswer({ SIDECARS: '' });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(socket.received).toBe('');
    socket.destroy();
  });

  it('the service goes on when Envoy is killed, and leaves with a warning and exit code 0', async () => {
    const { service, program, ports } = await pod({ LAME_DUCK_SECONDS: '0.8' });
    const agent = keepAlive();
    expect(await send(ports.inbound, '/a', { agent })).toMatchObject({ status: 200 });
    program.kill('SIGKILL');
    await program.exited;
    expect(await outcome(send(ports.inbound, '/a', { agent }))).toMatch(/^ECONN/);
    expect(await send(ports.app, '/a')).toMatchObject({ status: 200 });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings).toEqual(
      ['drain', 'quit'].map((what) =>
        expect.stringMatching(`^Sidecar envoy could not be told to ${what}: it refused the connection .*, twice`),
      ),
    );
  });

  it('a call that the service makes in its last hook goes through the Envoy that drains', async () => {
    const settings = await envoy();
    const program = new SidecarProgram(settings);
    const call = {
      name: 'through Envoy',
      url: `http://127.0.0.1:${settings.ports.outbound}/`,
      host: `127.0.0.1:${await callee()}`,
    };
    const env = { ...inPod('envoy', settings, settings.ports.app), FIXTURE_CALLS: JSON.stringify([call]) };
    const service = await Service.start({ args: fixture('calls-out'), env: { ...env, LAME_DUCK_SECONDS: '5' } });
    service.kill('SIGTERM');
    expect(await service.event('fixture.called')).toMatchObject({ calls: { 'through Envoy': '200' } });
    expect(service.moment('sidecars.draining')['sidecars']).toEqual({ envoy: 'yes' });
    expect(await service.exited).toEqual(CLEAN);
    expect(await program.exited).toEqual(CLEAN);
  });
});
