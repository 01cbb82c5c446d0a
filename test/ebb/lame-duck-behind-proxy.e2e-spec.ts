/**
 * Behind a proxy that carries inbound traffic: when the lame duck ends, and how long the listener stays open after it. The
 * proxies are none; what a real Envoy does is in `real-sidecars.e2e-spec.ts`.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import { allWell, CLIENTS, clients, envoy } from './support/fake-products.js';
import {
  answers,
  answersNonsense,
  type Behaviour,
  endFakeSidecars,
  hangs,
  inPod,
  resets,
  stopsHalfway,
} from './support/fake-sidecar.js';
import { keepAlive, outcome, send } from './support/http-client.js';
import { inFlight, openConnections } from './support/metrics.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';
import { beforeRefusal } from './support/until-refused.js';

afterEach(endServices);
afterEach(endFakeSidecars);

/** Fails to answer, each time in another way. */
function breaks(): Behaviour {
  const ways = [answers(500, 'http.inbound.downstream_cx_active: 0\n'), answersNonsense, resets, stopsHalfway];
  return (response) => (ways.shift() ?? hangs)(response);
}

describe('the lame duck behind Envoy', () => {
  it("ends early when Envoy says that nobody is connected to it, whatever the service's own connections are", async () => {
    const fake = await envoy();
    // What goes out through it never becomes idle, and counts for nothing.
    fake.on(
      CLIENTS,
      answers(
        200,
        [
          'http.inbound.downstream_cx_active: 0',
          'http.inbound.downstream_cx_total: 7',
          'http.inbound_admin.downstream_cx_active: 0',
          'http.inbound_admin.downstream_cx_total: 0',
          'http.outbound.downstream_cx_active: 3',
          'http.outbound.downstream_cx_total: 9',
        ].join('\n'),
      ),
    );
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), LAME_DUCK_SECONDS: '10' } });
    const upstream = keepAlive();
    await send(service.port, '/a', { agent: upstream });
    await openConnections(service, 1);
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'no connection left', openConnections: 1 });
    expect(await service.exited).toEqual(CLEAN);
    upstream.destroy();
  });

  it('ends when the last of its clients has gone, and not before', async () => {
    const fake = await envoy();
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), LAME_DUCK_SECONDS: '10' } });
    service.kill('SIGTERM');
    await fake.untilAsked(CLIENTS, 3);
    expect(service.events).not.toContain('lame-duck.over');
    fake.on(CLIENTS, clients(0, 7));
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'no connection left' });
    expect(await service.exited).toEqual(CLEAN);
  });

  const NOTHING = 'cluster.inbound.upstream_cx_active: 0\nhttp.admin.downstream_cx_active: 0\n';

  it.each<[string, Behaviour]>([
    [
      'says that one is connected, to the second of its listeners',
      answers(
        200,
        'http.inbound.downstream_cx_active: 0\nhttp.inbound.downstream_cx_total: 7\n' +
          'http.inbound_2.downstream_cx_active: 1\nhttp.inbound_2.downstream_cx_total: 1\n',
      ),
    ],
    ['has no such statistics, for nothing is not zero', answers(200, NOTHING)],
    ['says who is connected and not who ever was', answers(200, 'http.inbound.downstream_cx_active: 0\n')],
    ['does not say it, for whatever reason', breaks()],
  ])('takes all of A when Envoy %s', async (_what, behaviour) => {
    const fake = (await envoy()).on(CLIENTS, behaviour);
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), LAME_DUCK_SECONDS: '0.4' } });
    service.kill('SIGTERM');
    const over = await service.event('lame-duck.over');
    expect(over).toMatchObject({ reason: 'time is up' });
    expect(Number(over['elapsedMs'])).toBeGreaterThanOrEqual(400);
    expect(fake.count(CLIENTS)).toBeGreaterThan(0);
    expect(await service.exited).toEqual(CLEAN);
    expect(service.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('takes all of A when another client connects after SIGTERM, also if it goes again', async () => {
    const fake = await envoy();
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), LAME_DUCK_SECONDS: '1' } });
    service.kill('SIGTERM');
    await fake.untilAsked(CLIENTS, 2);
    fake.on(CLIENTS, clients(0, 8));
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'time is up' });
    expect(await service.exited).toEqual(CLEAN);
  });

  it.each([
    ['takes all of A when another client had connected', 8, '0.6', 'time is up'],
    ['ends at once when nobody had', 7, '10', 'no connection left'],
  ])('%s since the endpoints should have forgotten the pod', async (_what, everConnected, lameDuck, reason) => {
    const fake = (await envoy()).on(CLIENTS, clients(0, 7));
    const env = { PRE_STOP_SECONDS: '2', LAME_DUCK_SECONDS: lameDuck };
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), ...env } });
    // Watched for longer than the preStop sleep: once a second.
    await fake.untilAsked(CLIENTS, 4);
    fake.on(CLIENTS, clients(0, everConnected));
    await fake.untilAsked(CLIENTS, 6);
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('does not end on what Envoy said before the endpoints had forgotten the pod', async () => {
    const fake = await envoy();
    const env = { PROPAGATION_SECONDS: '0.6', LAME_DUCK_SECONDS: '1.2' };
    const service = await Service.start({ env: { ...inPod({ envoy: fake }), ...env } });
    fake.on(CLIENTS, (response) => {
      fake.on(CLIENTS, hangs);
      clients(0, 7)(response);
    });
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'time is up' });
    expect(await service.exited).toEqual(CLEAN);
  });
});

describe('the lame duck behind a proxy that does not tell who is connected', () => {
  it('takes all of A, though nobody is', async () => {
    const { istio } = await allWell();
    const service = await Service.start({ env: { ...inPod({ istio }), LAME_DUCK_SECONDS: '0.4' } });
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'time is up' });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('takes all of A beside an Envoy that says that nobody is', async () => {
    const { istio } = await allWell();
    const fake = (await envoy()).on(CLIENTS, clients(0, 7));
    const service = await Service.start({ env: { ...inPod({ envoy: fake, istio }), LAME_DUCK_SECONDS: '0.4' } });
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'time is up' });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('ends at once beside a sidecar that no request comes through (negative control)', async () => {
    const { 'cloud-sql-proxy': fake } = await allWell();
    const service = await Service.start({
      env: { ...inPod({ 'cloud-sql-proxy': fake }), LAME_DUCK_SECONDS: '10' },
    });
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'no connection left' });
    expect(await service.exited).toEqual(CLEAN);
    expect(fake.calls).toEqual(['GET /startup']);
  });
});

describe('the listener after the lame duck', () => {
  const env = { LAME_DUCK_SECONDS: '0.3' };

  it.each<[string, string, string, (service: Service, answer: Promise<unknown>) => Promise<unknown>]>([
    ['a request is still in flight', '/?delay=1.2', 'requests.drained', (service) => inFlight(service, 1)],
    ['tracked work is still running', '/work', 'fixture.work-done', (_service, answer) => answer],
  ])('stays open behind a proxy while %s', async (_what, path, end, begun) => {
    const fake = await envoy();
    const service = await Service.start({ args: fixture(), env: { ...inPod({ envoy: fake }), ...env } });
    const answer = send(service.port, path);
    await begun(service, answer);
    service.kill('SIGTERM');
    const over = await service.event('lame-duck.over');
    expect(await send(service.port, '/a')).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(service.events).not.toContain('listener.closed');
    expect(await answer).toMatchObject({ status: 200 });
    await service.event('listener.closed');
    expect(await outcome(send(service.port, '/a'))).toBe('ECONNREFUSED');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).toContain(end);
    // Who is connected to Envoy does not matter any more, and is asked no more; one question may have been on its way.
    const late = fake.asked.filter(({ call, at }) => call === CLIENTS && at > Date.parse(String(over['time'])));
    expect(late.length).toBeLessThan(2);
  });

  it('closes at once without a proxy, as nobody comes any more (negative control)', async () => {
    const service = await Service.start({ env });
    const answer = send(service.port, '/?delay=1');
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('listener.closed');
    expect(await outcome(send(service.port, '/a'))).toBe('ECONNREFUSED');
    expect(await answer).toMatchObject({ status: 200 });
    expect(service.moment('listener.closed')).toMatchObject({ inFlight: 1 });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('is not held open by clients that never stop asking, and answers all that it took', async () => {
    const sidecars = inPod({ envoy: await envoy() });
    const service = await Service.start({ env: { ...sidecars, ...env, DRAIN_TIMEOUT_SECONDS: '15' } });
    const sent: Promise<string>[] = [];
    // Each before the last three are answered, so that there is never a moment without one in flight.
    const asking = setInterval(() => sent.push(outcome(send(service.port, '/?delay=0.3'))), 80);
    try {
      await inFlight(service, 3);
      service.kill('SIGTERM');
      const closed = await service.event('listener.closed');
      expect(Number(closed['elapsedMs'])).toBeLessThan(10_000);
      expect(Number(closed['inFlight'])).toBeGreaterThan(0);
    } finally {
      clearInterval(asking);
    }
    const outcomes = beforeRefusal(await Promise.all(sent));
    expect(outcomes.length).toBeGreaterThan(5);
    expect(new Set(outcomes)).toEqual(new Set(['200']));
    expect(await service.exited).toEqual(CLEAN);
  });
});
