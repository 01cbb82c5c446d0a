/** An application without a public listener: probes, lifecycle and drain as for any other, and no lame duck. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import { outcome, send } from './support/http-client.js';
import { done, taken } from './support/message-promises.js';
import { ask, client, endClients } from './support/microservice-client.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endClients);
afterEach(endServices);
afterEach(endBrokers);

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

describe('a microservice that clients come to', () => {
  it('has its lame duck: endpoints lead to it', async () => {
    const port = await new Ports().take();
    // Although nobody is connected over HTTP.
    const env = { LAME_DUCK_SECONDS: '0.7', PROPAGATION_SECONDS: '0' };
    const service = await Service.start({ args: app('microservice', `tcp:${port}`), env });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const asked = await client('tcp', port);
    const answer = ask(asked, { id: 'late', ms: 50 });
    await taken(service, 'late');
    expect(await answer).toBe('late');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.moment('lame-duck.over')).toMatchObject({ reason: 'time is up' });
  });
});

describeWith(['nats'], 'a microservice that a broker reaches', () => {
  it('has none, and answers what it has taken', async () => {
    const broker = await Broker.start('nats');
    const service = await Service.start({ args: app('microservice', `nats:${broker.port}`), env: LAME_DUCK });
    const asked = await client('nats', broker.port);
    const answer = ask(asked, { id: 'last', ms: 300 });
    await taken(service, 'last');
    service.kill('SIGTERM');
    expect(await answer).toBe('last');
    expect(await service.exited).toEqual(CLEAN);
    await done(service, 'last');
    expect(service.events).not.toContain('lame-duck.over');
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_000);
  });
});
