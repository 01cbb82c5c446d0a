/** Messages over TCP when the pod leaves. The protocol has no goodbye: what it cannot do is measured here. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { finishesWhatWasTaken, idsOf, leaveWithBothInWork, story, taken } from './support/message-promises.js';
import { ask, client, endClients } from './support/microservice-client.js';
import { app, CLEAN, endServices, FAILED, Service, SHORT_BUDGET, stock } from './support/service.js';
import { Balancer } from './support/balancer.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

let balancer: Balancer | undefined;

afterEach(async () => {
  await endClients();
  await endServices();
  balancer?.close();
});

const ports = new Ports();

const CLIENTS = 20;

/** How long each request takes. */
const WORK_MS = 20;

interface Pod {
  readonly service: Service;
  readonly port: number;
}

async function serve(argsOf: (name: string, ...transports: string[]) => string[]): Promise<Pod> {
  const port = await ports.take();
  const env = { LAME_DUCK_SECONDS: '0.5', PROPAGATION_SECONDS: '0.5' };
  return { service: await Service.start({ args: argsOf('messages', `tcp:${port}`), env }), port };
}

/** Clients with a connection each, through a balancer that sends new connections to the pod that stays as soon as the other leaves. */
async function load(
  leaves: Pod,
  stays: Pod,
  pauseMs: number,
): Promise<{ readonly failed: readonly string[]; readonly answered: number }> {
  balancer = await Balancer.listen(leaves.port);
  const { port } = balancer;
  const failed: string[] = [];
  let answered = 0;
  const over = new AbortController();
  const loops = Array.from({ length: CLIENTS }, async (_, index) => {
    const via = await client('tcp', port);
    for (let count = 0; !over.signal.aborted; count += 1) {
      const id = `${index}-${count}`;
      if ((await ask(via, { id, ms: WORK_MS })) === id) {
        answered += 1;
      } else {
        failed.push(id);
      }
      await sleep(Math.random() * 2 * pauseMs);
    }
  });
  await taken(leaves.service, `${CLIENTS - 1}-5`);
  leaves.service.kill('SIGTERM');
  balancer.target = stays.port;
  await leaves.service.exited;
  await stays.service.line(() => idsOf(stays.service, 'done').length > CLIENTS * 10, 'the clients to go on');
  over.abort();
  await Promise.all(loops);
  return { failed, answered };
}

describe('messages over TCP', () => {
  finishesWhatWasTaken('tcp', () => ports.take());

  it('that are not done in time are cut and named; the exit code is 1', async () => {
    const port = await ports.take();
    const service = await Service.start({ args: app('messages', `tcp:${port}`), env: SHORT_BUDGET });
    const answer = ask(await client('tcp', port), { id: 'endless', ms: 30_000 });
    await taken(service, 'endless');
    service.kill('SIGTERM');
    const forced = await service.event('shutdown.forced');
    expect(forced.msg).toMatch(/^Server forced to shutdown: TCP do after 1\.\d s$/);
    expect(forced['messages']).toEqual([expect.objectContaining({ transport: 'TCP', pattern: 'do' })]);
    expect(await answer).toBe('error: Connection closed');
    expect(await service.exited).toEqual(FAILED);
    expect(story(service)).toEqual(['pool.freed']);
  });

  it('are counted beside hooks of the application, and whoever has started the microservice', async () => {
    const port = await ports.take();
    const service = await Service.start({ args: app('messages', `tcp:${port}`, 'own-hooks', 'starts-itself') });
    expect(await leaveWithBothInWork(service, 'tcp', port)).toBe('request');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.filter((event) => event === 'own.start')).toHaveLength(2);
    expect(service.events.filter((event) => event === 'own.end')).toHaveLength(2);
    expect(story(service).at(-1)).toBe('pool.freed');
  });

  it.each([
    ['all the time', 0],
    ['now and then', 40],
  ])(
    'that clients send %s go on with another pod; what fails is one each at most, and was not handled',
    async (_, pauseMs) => {
      const [leaves, stays] = [await serve(app), await serve(app)];
      const { failed, answered } = await load(leaves, stays, pauseMs);
      expect(await leaves.service.exited).toEqual(CLEAN);
      expect(Number(leaves.service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(2_500);
      const handled = new Set([leaves, stays].flatMap(({ service }) => idsOf(service, 'taken')));
      expect(failed.filter((id) => handled.has(id))).toEqual([]);
      expect(failed.length).toBeLessThanOrEqual(CLIENTS);
      expect(answered).toBeGreaterThan(CLIENTS * 10);
    },
  );

  it('fail after they were handled with stock Nest (negative control)', async () => {
    const [leaves, stays] = [await serve(stock), await serve(app)];
    const { failed } = await load(leaves, stays, 0);
    const handled = new Set(idsOf(leaves.service, 'taken'));
    expect(failed.filter((id) => handled.has(id)).length).toBeGreaterThan(CLIENTS / 4);
  });
});
