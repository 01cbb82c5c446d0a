/** gRPC when the pod leaves: calls are answered, clients move without one that fails, streams end with a code that says why. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { idsOf, taken } from './support/message-promises.js';
import { call, endGrpcClients, healthClient, healthOf, workClient } from './support/grpc-client.js';
import { app, CLEAN, endServices, FAILED, Service, stock } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(async () => {
  endGrpcClients();
  await endServices();
});

const ports = new Ports();

async function serve(env: Readonly<Record<string, string>> = {}): Promise<{ service: Service; address: string }> {
  const port = await ports.take();
  return {
    service: await Service.start({ args: app('messages', `grpc:${port}`), env }),
    address: `127.0.0.1:${port}`,
  };
}

const LAME_DUCK = { LAME_DUCK_SECONDS: '2', PROPAGATION_SECONDS: '2' };

describe('calls of gRPC', () => {
  it('in work are done and answered before any hook runs', async () => {
    const { service, address } = await serve();
    const answer = call(workClient(address), { id: 'slow', ms: 600 });
    await taken(service, 'slow');
    service.kill('SIGTERM');
    expect(await answer).toBe('slow');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.slice(service.events.indexOf('done'))).toEqual([
      'done',
      'requests.drained',
      'pool.freed',
      'shutdown.complete',
    ]);
    expect(service.warnings).toEqual([]);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(1_500);
  });

  it('in work are cancelled by stock Nest (negative control)', async () => {
    const port = await ports.take();
    const service = await Service.start({ args: stock('messages', `grpc:${port}`) });
    const answer = call(workClient(`127.0.0.1:${port}`), { id: 'slow', ms: 600 });
    await taken(service, 'slow');
    service.kill('SIGTERM');
    expect(await answer).toMatch(/^code 1:/);
  });

  it('with a stream of requests are waited for, each by itself', async () => {
    const { service, address } = await serve();
    const via = workClient(address);
    const collect = (id: string, ms: number) =>
      new Promise((resolve) => {
        const stream = via.collect((error, result) => resolve(result?.id ?? error?.code));
        stream.write({ id, ms });
        stream.end();
      });
    const answers = [collect('short', 100), collect('long', 700)];
    await taken(service, 'long');
    service.kill('SIGTERM');
    expect(await Promise.all(answers)).toEqual(['short', 'long']);
    expect(await service.exited).toEqual(CLEAN);
  });
});

/** Eight clients, each with a call in flight at any moment, while one of two pods leaves: what they heard, and how often. */
async function heardByClients(leaves: Service, stays: Service, addresses: string): Promise<Map<string, number>> {
  const heard = new Map<string, number>();
  const over = new AbortController();
  const loops = Array.from({ length: 8 }, async (_, index) => {
    const via = workClient(`ipv4:${addresses}`);
    for (let count = 0; !over.signal.aborted; count += 1) {
      const id = `${index}-${count}`;
      const answer = await call(via, { id, ms: 2 });
      const outcome = answer === id ? 'answered' : answer;
      heard.set(outcome, (heard.get(outcome) ?? 0) + 1);
    }
  });
  await taken(leaves, '0-20');
  leaves.kill('SIGTERM');
  await leaves.exited;
  const doneBefore = idsOf(stays, 'done').length;
  await stays.line(() => idsOf(stays, 'done').length > doneBefore + 100, 'the clients to go on with the other pod');
  over.abort();
  await Promise.all(loops);
  return heard;
}

/** A connection of HTTP/2, which is what a channel of gRPC has. */
async function session(address: string): Promise<ClientHttp2Session> {
  const made = connect(`http://${address}`);
  made.on('error', () => undefined);
  await once(made, 'remoteSettings');
  return made;
}

describe('clients of gRPC', () => {
  it('move to another pod while one leaves, and not one of their calls fails', async () => {
    const [leaves, stays] = [await serve(LAME_DUCK), await serve()];
    const heard = await heardByClients(leaves.service, stays.service, `${leaves.address},${stays.address}`);
    expect([...heard.keys()]).toEqual(['answered']);
    expect(heard.get('answered')).toBeGreaterThan(200);
    expect(await leaves.service.exited).toEqual(CLEAN);
    expect(leaves.service.warnings).toEqual([]);
  });

  it('are told by GOAWAY while the pod still listens, and who comes after that is served and told as well', async () => {
    const { service, address } = await serve(LAME_DUCK);
    const first = await session(address);
    service.kill('SIGTERM');
    await once(first, 'goaway');
    const second = await session(address);
    expect(await call(workClient(address), { id: 'late', ms: 1 })).toBe('late');
    await once(second, 'goaway');
    expect(service.events).not.toContain('lame-duck.over');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('lose calls with stock Nest (negative control)', async () => {
    const port = await ports.take();
    const [leaves, stays] = [await Service.start({ args: stock('messages', `grpc:${port}`) }), await serve()];
    const heard = await heardByClients(leaves, stays.service, `127.0.0.1:${port},${stays.address}`);
    const failed = [...heard].filter(([outcome]) => outcome !== 'answered');
    expect(failed.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0);
  });
});

describe('a stream of gRPC', () => {
  it('goes on to the end of the drain, and ends with UNAVAILABLE', async () => {
    const { service, address } = await serve({ DRAIN_TIMEOUT_SECONDS: '1' });
    const stream = workClient(address).follow({ id: 'tick', ms: 50 });
    const failed = once(stream, 'error') as Promise<[{ readonly code: number; readonly details: string }]>;
    await once(stream, 'data');
    service.kill('SIGTERM');
    await service.event('listener.closed');
    await once(stream, 'data');
    expect((await failed)[0]).toMatchObject({ code: 14, details: 'The server is leaving' });
    expect(await service.exited).toEqual(FAILED);
    const { msg, messages } = service.moment('shutdown.forced');
    expect(msg).toContain('gRPC /work.Work/Follow after 1.');
    expect(messages).toEqual([expect.objectContaining({ transport: 'gRPC', pattern: '/work.Work/Follow' })]);
  });
});

describe('the health of gRPC', () => {
  it('is served, by service, and NOT_SERVING while the pod leaves, also for who watches', async () => {
    const { service, address } = await serve(LAME_DUCK);
    const via = healthClient(address);
    expect(await healthOf(via)).toBe('SERVING');
    expect(await healthOf(via, 'work.Work')).toBe('SERVING');
    expect(await healthOf(via, 'work.Other')).toBe('code 5');
    const watch = via.watch({ service: '' });
    const ended = once(watch, 'error') as Promise<[{ readonly code: number }]>;
    const [first] = (await once(watch, 'data')) as [{ status: string }];
    expect(first.status).toBe('SERVING');
    service.kill('SIGTERM');
    const [second] = (await once(watch, 'data')) as [{ status: string }];
    expect(second.status).toBe('NOT_SERVING');
    expect(await healthOf(healthClient(address))).toBe('NOT_SERVING');
    expect((await ended)[0].code).toBe(14);
    expect(await service.exited).toEqual(CLEAN);
  });
});
