/**
 * The service beside sidecars that are none: each row of the table, each way of answering badly. How the lame duck ends beside
 * them is in `lame-duck-behind-proxy.e2e-spec.ts`, what real ones do in `real-sidecars.e2e-spec.ts`.
 */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listen } from '../../src/ebb/http/listen.js';
import { type SidecarName, SIDECARS } from '../../src/ebb/sidecars/table.js';
import { Ports } from '../../tools/lib/processes/ports.js';
import { allWell, CLIENTS, CONSUL, ENVOY, envoy, ISTIO, PRODUCTS } from './support/fake-products.js';
import {
  answers,
  answersAfter,
  answersHugely,
  answersNonsense,
  type Behaviour,
  breaksOff,
  endFakeSidecars,
  FakeSidecar,
  hangs,
  inPod,
  resets,
  stopsHalfway,
} from './support/fake-sidecar.js';
import { outcome, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { CLEAN, endServices, FAILED, fixture, type LogLine, Service } from './support/service.js';
import { outcomesUntilRefused } from './support/until-refused.js';

afterEach(endServices);
afterEach(endFakeSidecars);

const ports = new Ports();

function timeOf(line: LogLine): number {
  return Date.parse(String(line['time']));
}

/** Answers nobody before all have asked, so that a service that asks them one after the other never gets an answer. */
class Meeting {
  readonly #here = new Map<string, (() => void)[]>();

  constructor(private readonly size: number) {}

  answers(name: string, status: number): Behaviour {
    return (response) => {
      this.#here.set(name, [...(this.#here.get(name) ?? []), () => response.writeHead(status).end()]);
      if (this.#here.size === this.size) {
        const waiting = [...this.#here.values()].flat();
        this.#here.forEach((_, key) => this.#here.set(key, []));
        waiting.forEach((answer) => answer());
      }
    };
  }
}

describe('each sidecar', () => {
  it('of the table is tried here', () => {
    expect(PRODUCTS.map(({ name }) => name)).toEqual(Object.keys(SIDECARS));
  });

  it.each(PRODUCTS.filter(({ ready }) => ready !== undefined))(
    '$name is waited for before the service listens, told to drain before it refuses anybody, told to quit at the end',
    async ({ name, ready = '', drain, quit, yes = 200, hasQuitPort = false, told }) => {
      const [main, quitPort] = await Promise.all([FakeSidecar.start(), FakeSidecar.start()]);
      for (const fake of [main, quitPort]) {
        fake.on(ready, answers(503)).on(drain ?? '', answers(200));
        fake.on(quit ?? '', answers(yes));
      }
      const port = await ports.take();
      const env = { PORT: String(port), LAME_DUCK_SECONDS: '0.2', SIDECAR_QUIT: 'true' };
      const service = Service.spawn({
        args: fixture(),
        env: { ...inPod({ [name]: { main, quit: quitPort } }), ...env },
      });

      await main.untilAsked(ready, 2);
      const waiting = await service.event('sidecars.waiting');
      expect(waiting).toMatchObject({ sidecars: [name] });
      expect(await send(await service.earlyManagementPort(), '/startupz')).toMatchObject({
        status: 503,
        headers: { connection: 'close' },
      });
      expect(await outcome(send(port, '/a'))).toBe('ECONNREFUSED');
      expect(service.events).toEqual(['sidecars.waiting']);
      main.on(ready, answers(yes));

      await service.event('startup.complete');
      expect(service.events).toEqual(['sidecars.waiting', 'sidecars.ready', 'startup.complete']);
      expect(await outcome(send(port, '/a'))).toBe('200');
      expect(await outcome(send(service.managementPort, '/startupz'))).toBe('200');
      expect(new Set(main.calls)).toEqual(new Set([ready]));

      const asksAtStart = main.calls.length;
      service.kill('SIGTERM');
      const outcomes = await outcomesUntilRefused(port);
      expect(outcomes.filter((one) => one !== '200')).toEqual([]);
      const askedBeforeRefusal = main.calls.slice(asksAtStart);
      expect(await service.exited).toEqual(CLEAN);
      // Of Envoy's statistics another test tells.
      const expected = [drain, hasQuitPort ? undefined : quit].filter((call) => call !== undefined);
      expect(askedBeforeRefusal.filter((call) => call === drain)).toEqual(drain === undefined ? [] : [drain]);
      expect(main.calls.slice(asksAtStart).filter((call) => call !== CLIENTS)).toEqual(expected);
      expect(quitPort.calls).toEqual(hasQuitPort ? [quit] : []);
      // Each on a connection of its own: one that is kept would be a client that the sidecar waits for.
      expect(main.connections).toBe(main.asked.length);
      const moments = service.lines.filter(({ event }) => event === 'sidecars.draining');
      expect(moments.map(({ sidecars }) => sidecars)).toEqual(told === undefined ? [] : [{ [name]: told }]);
      expect(service.warnings).toEqual([]);
    },
  );

  // It has no call to say that it is ready, so that this is also the one that nobody waits for.
  it('vault is told nothing but to quit, and that when the last hook of all is done, not before', async () => {
    const { vault } = await allWell();
    const env = { ...inPod({ vault }), SIDECAR_QUIT: 'true' };
    const service = await Service.start({ args: fixture('last-hook-slow'), env });
    expect(service.events).toEqual(['startup.complete']);
    service.kill('SIGTERM');
    const done = await service.event('fixture.last-hook-done');
    expect(await service.exited).toEqual(CLEAN);
    expect(vault.calls).toEqual(['POST /agent/v1/quit']);
    expect(vault.asked[0]?.at).toBeGreaterThanOrEqual(timeOf(done));
    const told = await service.line(({ msg }) => msg === 'The sidecars were told to quit', 'the answers');
    expect(told).toMatchObject({ sidecars: { vault: 'yes' } });
  });
});

const having = (what: 'ready' | 'drain' | 'quit') => PRODUCTS.filter((one) => one[what] !== undefined).length;

describe('all sidecars at once', () => {
  // Of all eight together: more than the default grace period has room for.
  const env = { SIDECAR_SECONDS: '0', LAME_DUCK_SECONDS: '0.5' };

  it('are asked, told to drain and told to quit in parallel: none waits for another', async () => {
    const fakes = await allWell();
    const meetings = {
      ready: new Meeting(having('ready')),
      drain: new Meeting(having('drain')),
      quit: new Meeting(having('quit')),
    };
    for (const { name, yes = 200, ...calls } of PRODUCTS) {
      for (const [what, meeting] of Object.entries(meetings)) {
        fakes[name].on(calls[what as 'ready'] ?? '', meeting.answers(name, yes));
      }
    }
    const service = await Service.start({ env: { ...inPod(fakes), ...env, SIDECAR_QUIT: 'true' } });
    const ready = service.lines.flatMap(({ sidecar, msg }) => (sidecar === undefined ? [] : [msg]));
    expect(new Set(ready)).toEqual(
      new Set(PRODUCTS.flatMap((product) => (product.ready === undefined ? [] : [`${product.name} is ready`]))),
    );
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('sidecars.draining')).toMatchObject({
      phase: 'lame-duck',
      sidecars: {
        envoy: 'yes',
        istio: 'yes',
        linkerd: 'has no call to drain',
        dapr: 'has no call to drain',
        consul: 'yes',
      },
    });
    expect(service.warnings).toEqual([]);
    for (const { name, drain, quit } of PRODUCTS) {
      expect([name, fakes[name].count(drain ?? ''), fakes[name].count(quit ?? '')]).toEqual([
        name,
        drain === undefined ? 0 : 1,
        quit === undefined ? 0 : 1,
      ]);
    }
  });

  it.each<[string, Record<string, string>, readonly SidecarName[]]>([
    ['is not set: none', {}, []],
    ['names some: those', { SIDECAR_QUIT: 'vault, cloud-sql-proxy' }, ['cloud-sql-proxy', 'vault']],
  ])('are told to quit as SIDECAR_QUIT says, which %s', async (_what, quitting, told) => {
    const fakes = await allWell();
    const service = await Service.start({ env: { ...inPod(fakes), ...env, ...quitting } });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(PRODUCTS.filter(({ name, quit = '' }) => fakes[name].count(quit) > 0).map(({ name }) => name)).toEqual(told);
    expect(fakes.istio.count(ISTIO.drain)).toBe(1);
  });

  it('are let alone where SIDECARS does not name them', async () => {
    const fakes = await allWell();
    const service = await Service.start({ env: { ...inPod(fakes), ...env, SIDECARS: '', SIDECAR_QUIT: 'true' } });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Object.values(fakes).flatMap(({ calls }) => calls)).toEqual([]);
    expect(service.events).not.toContain('sidecars.waiting');
    expect(service.events).not.toContain('sidecars.draining');
  });
});

/** Each bad in its way, with what it is said to do. */
async function allBad(): Promise<{ fakes: Record<SidecarName, FakeSidecar>; did: Record<string, string> }> {
  const fakes = await allWell();
  await fakes.envoy.die();
  fakes.istio.on(ISTIO.ready, hangs);
  fakes.linkerd.on('GET /ready', answers(500));
  fakes.dapr.on('GET /v1.0/healthz/outbound', resets);
  fakes['cloud-sql-proxy'].on('GET /startup', answersNonsense);
  fakes.consul.on('GET /ready', breaksOff);
  fakes['otel-collector'].on('GET /', answersHugely);
  return {
    fakes,
    did: {
      envoy: 'refused the connection (ECONNREFUSED)',
      istio: 'gave no whole answer within 1000 ms',
      linkerd: 'answered 500',
      dapr: 'broke the connection off (ECONNRESET)',
      'cloud-sql-proxy': 'answered what is not HTTP (HPE_INVALID_CONSTANT)',
      consul: 'broke the connection off (ECONNRESET)',
      'otel-collector': 'answered more than 65536 bytes',
    },
  };
}

describe('the start', () => {
  it('fails when sidecars are never ready: exit code 1, and one line names them and no other', async () => {
    const { envoy: well, dapr: wrong, istio: silent } = await allWell();
    wrong.on('GET /v1.0/healthz/outbound', answers(200));
    silent.on(ISTIO.ready, hangs);
    const env = { ...inPod({ envoy: well, dapr: wrong, istio: silent }), SIDECAR_START_SECONDS: '0.5' };
    const service = Service.spawn({ env });
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('startup.failed')).toMatchObject({
      level: 'fatal',
      msg: expect.stringContaining(
        'Cannot start: not ready within 0.5 s (SIDECAR_START_SECONDS): ' +
          // Its yes is 204, and 200 is none.
          `dapr (GET ${wrong.url}/v1.0/healthz/outbound: answered 200), ` +
          // It still had time for this very answer.
          `istio (GET ${silent.url}/ready: has not answered yet). `,
      ),
    });
    expect(service.moment('startup.failed').msg).not.toMatch(/envoy|\n/);
    expect(service.events).toEqual(['sidecars.waiting', 'startup.failed']);
    expect(service.text).toEqual([]);
  });

  it('goes on asking all that are bad, says so every five seconds, and succeeds as soon as the last one is well', async () => {
    const { fakes, did } = await allBad();
    const service = Service.spawn({ env: { ...inPod(fakes), SIDECAR_SECONDS: '0' } });
    const progress = await service.line(({ msg }) => msg?.startsWith('Still waiting for ') === true, 'the progress');
    const each = Object.entries(did).map(([name, words]) => `${name}, which ${words}`);
    expect(progress.msg).toBe(`Still waiting for ${each.join('; for ')}`);

    for (const { name, ready = '', yes = 200 } of PRODUCTS.filter((one) => one.name in did && one.name !== 'envoy')) {
      fakes[name].on(ready, answers(yes));
      await service.line(({ sidecar }) => sidecar === name, `${name} to be ready`);
    }
    expect(service.events).toEqual(['sidecars.waiting']);
    await fakes.envoy.revive();
    await service.event('startup.complete');
    expect(service.events).toEqual(['sidecars.waiting', 'sidecars.ready', 'startup.complete']);
  });

  it('ends at SIGTERM while it waits: exit code 0, and nobody has listened', async () => {
    const fakes = await allWell();
    fakes.istio.on(ISTIO.ready, hangs);
    const port = await ports.take();
    const service = Service.spawn({ env: { ...inPod({ istio: fakes.istio }), PORT: String(port) } });
    await fakes.istio.untilAsked(ISTIO.ready);
    expect(await outcome(send(port, '/a'))).toBe('ECONNREFUSED');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).toEqual(['sidecars.waiting', 'shutdown.complete']);
    // At once: when its time for this very answer had been over, it would have been asked again.
    expect(fakes.istio.calls).toEqual([ISTIO.ready]);
  });

  it('is refused when the management port is taken, before any sidecar is asked', async () => {
    const fakes = await allWell();
    const occupant = createServer();
    const port = await listen(occupant, 0, '127.0.0.1');
    try {
      const env = { ...inPod({ envoy: fakes.envoy }), MANAGEMENT_PORT: String(port) };
      const service = Service.spawn({ env });
      expect(await service.exited).toEqual(FAILED);
      expect(service.events).toEqual(['startup.failed']);
      expect(service.moment('startup.failed').msg).toMatch(
        new RegExp(`^Cannot start: 127\\.0\\.0\\.1, port ${port} is in use by another program.*$`),
      );
      expect(service.text).toEqual([]);
      expect(fakes.envoy.calls).toEqual([]);
    } finally {
      occupant.close();
    }
  });
});

describe('SIGTERM beside sidecars that are broken', () => {
  interface Broken {
    readonly behaviour: Behaviour;
    /** What the warning says. */
    readonly did: string;
  }

  const unanswered = 'gave no whole answer within 1000 ms';
  const GROUPS: readonly { name: string; delay: number; broken: readonly [Broken, Broken, Broken] }[] = [
    {
      name: 'that answer 500, reset the connection, or break off in the middle of an answer',
      delay: 1,
      broken: [
        { behaviour: answers(500), did: 'answered 500' },
        { behaviour: resets, did: 'broke the connection off (ECONNRESET)' },
        { behaviour: breaksOff, did: 'broke the connection off (ECONNRESET)' },
      ],
    },
    {
      name: 'that talk nonsense, talk without end, or say another kind of yes',
      delay: 1,
      broken: [
        { behaviour: answersNonsense, did: 'answered what is not HTTP (HPE_INVALID_CONSTANT)' },
        { behaviour: answersHugely, did: 'answered more than 65536 bytes' },
        { behaviour: answers(204), did: 'answered 204' },
      ],
    },
    {
      name: 'that say nothing, stop in the middle of an answer, or are too slow',
      // Longer than two questions that nobody answers.
      delay: 2.8,
      broken: [
        { behaviour: hangs, did: unanswered },
        { behaviour: stopsHalfway, did: unanswered },
        { behaviour: answersAfter(1_500, 200), did: unanswered },
      ],
    },
  ];

  it.each(GROUPS)(
    '$name costs a warning for each after one retry, no request and no exit code',
    async ({ delay, broken: [first, second, third] }) => {
      const fakes = await allWell();
      const { envoy: one, istio: two, consul: three } = fakes;
      const env = { LAME_DUCK_SECONDS: '0.5', DRAIN_TIMEOUT_SECONDS: '10' };
      const service = await Service.start({ env: { ...inPod({ envoy: one, istio: two, consul: three }), ...env } });
      one.on(ENVOY.drain, first.behaviour);
      two.on(ISTIO.drain, second.behaviour);
      three.on(CONSUL.drain, third.behaviour);
      const answer = send(service.port, `/?delay=${delay}`);
      await inFlight(service, 1);

      service.kill('SIGTERM');
      expect(new Set(await outcomesUntilRefused(service.port))).toEqual(new Set(['200']));
      expect(await answer).toMatchObject({ status: 200 });
      expect(await service.exited).toEqual(CLEAN);

      const calls = { envoy: ENVOY.drain, istio: ISTIO.drain, consul: CONSUL.drain };
      const expected = Object.entries({ envoy: first, istio: second, consul: third }).map(([name, { did }]) => {
        const { url } = fakes[name as 'envoy'];
        const request = calls[name as 'envoy'].replace('POST ', `POST ${url}`);
        return `Sidecar ${name} could not be told to drain: it ${did}, twice (${request})`;
      });
      expect(service.warnings.toSorted()).toEqual(expected.toSorted());
      expect(service.moment('sidecars.draining')['sidecars']).toEqual({
        envoy: first.did,
        istio: second.did,
        consul: third.did,
      });
      expect([one.count(calls.envoy), two.count(calls.istio), three.count(calls.consul)]).toEqual([2, 2, 2]);
    },
  );

  it('that are dead costs the same; one that is there again for the retry costs nothing', async () => {
    const fakes = await allWell();
    const env = { ...inPod({ envoy: fakes.envoy, istio: fakes.istio }), LAME_DUCK_SECONDS: '0.4' };
    const service = await Service.start({ env });
    await fakes.envoy.die();
    fakes.istio.on(ISTIO.drain, (response) => {
      fakes.istio.on(ISTIO.drain, answers(200));
      resets(response);
    });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings).toEqual([
      `Sidecar envoy could not be told to drain: it refused the connection (ECONNREFUSED), twice (POST ${fakes.envoy.url}/drain_listeners?graceful&skip_exit)`,
    ]);
    expect(service.moment('sidecars.draining')['sidecars']).toEqual({
      envoy: 'refused the connection (ECONNREFUSED)',
      istio: 'yes',
    });
    expect(fakes.istio.count(ISTIO.drain)).toBe(2);
  });

  it('also when they are told to quit: a warning, and the exit code is 0', async () => {
    const fakes = await allWell();
    const service = await Service.start({
      env: { ...inPod({ istio: fakes.istio, vault: fakes.vault }), SIDECAR_QUIT: 'true' },
    });
    fakes.istio.on(ISTIO.quit, hangs);
    await fakes.vault.die();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings.toSorted()).toEqual([
      `Sidecar istio could not be told to quit: it ${unanswered}, twice (POST ${fakes.istio.url}/quitquitquit)`,
      `Sidecar vault could not be told to quit: it refused the connection (ECONNREFUSED), twice (POST ${fakes.vault.url}/agent/v1/quit)`,
    ]);
    expect(service.lines.at(-1)).toMatchObject({ event: 'shutdown.complete', exitCode: 0 });
  });
});

describe('an end that is not the usual one', () => {
  it('forced by a hook that hangs still tells the sidecars to quit, before exit code 1', async () => {
    const fake = (await envoy()).on(ENVOY.quit, answers(200));
    const env = { CLEANUP_SECONDS: '0.3', DRAIN_TIMEOUT_SECONDS: '0.3', SIDECAR_QUIT: 'true' };
    const service = await Service.start({ args: fixture('hook-hangs'), env: { ...inPod({ envoy: fake }), ...env } });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    const forced = service.moment('shutdown.forced');
    expect(forced).toMatchObject({ hooks: ['EarlyTeardown.onModuleDestroy'] });
    expect(fake.calls.at(-1)).toBe(ENVOY.quit);
    expect(fake.asked.at(-1)?.at).toBeGreaterThanOrEqual(timeOf(forced));
  });

  it('by SIGINT tells nobody to drain', async () => {
    const fake = await envoy();
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), LAME_DUCK_SECONDS: '5' } });
    const answer = send(service.port, '/?delay=0.5');
    await inFlight(service, 1);
    service.kill('SIGINT');
    expect(await answer).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual(CLEAN);
    expect(new Set(fake.calls)).toEqual(new Set([ENVOY.ready]));
    expect(service.events).not.toContain('sidecars.draining');
  });

  it('by SIGINT after SIGTERM waits for no sidecar', async () => {
    const fake = (await envoy()).on(ENVOY.drain, hangs);
    const env = { LAME_DUCK_SECONDS: '5', SIDECAR_QUIT: 'true' };
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), ...env } });
    service.kill('SIGTERM');
    await fake.untilAsked(ENVOY.drain);
    service.kill('SIGINT');
    expect(await service.exited).toEqual({ code: 130, signal: null });
    expect(fake.count(ENVOY.quit)).toBe(0);
    expect(service.events).not.toContain('lame-duck.over');
  });
});
