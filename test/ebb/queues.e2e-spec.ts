/** Queue workers of @nestjs/bullmq when the pod leaves, or is killed: which jobs are done, how often, and where. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { until } from '../../tools/lib/processes/until.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import { app, CLEAN, endServices, FAILED, Service, stock } from './support/service.js';

/** How many deploys one test rolls; more by hand: `ROLLS=20 npm run jest -- test/ebb/queues -t rolling`. */
const ROLLS = Number(process.env['ROLLS'] ?? 6);

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000 + ROLLS * 15_000);

/** One job each, of 50 to 250 ms: a pod always has some in work. */
const ADD_EVERY_MS = 30;

/** So that a job comes back soon whose pod is gone. */
const SHORT_LOCK = { LOCK_MS: '1000' };

let broker: Broker;
let queue: Queue;
let redis: Redis;

beforeEach(async () => {
  broker = await Broker.start('redis');
  queue = new Queue('orders', { connection: { port: broker.port } });
  redis = new Redis({ port: broker.port });
});

afterEach(async () => {
  await queue.close();
  redis.disconnect();
  await endServices();
  await endBrokers();
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Service> {
  return Service.start({ args, env: { REDIS_PORT: `${broker.port}`, ...env } });
}

/** Adds short jobs, one after the other, until it is told to stop; the number of them. */
function stream(): { stop(): Promise<number> } {
  const stopped = new AbortController();
  async function add(): Promise<number> {
    let added = 0;
    for (; !stopped.signal.aborted; added += 1) {
      await queue.add('short', { ms: 50 + (added % 5) * 50 });
      await sleep(ADD_EVERY_MS);
    }
    return added;
  }
  const adding = add();
  return {
    stop() {
      stopped.abort();
      return adding;
    },
  };
}

interface Outcome {
  /** Done, by as many as left an effect. */
  readonly effects: number;
  /** Done more than once, and why: a lock that ran out makes a job a stalled one. */
  readonly twice: readonly string[];
  readonly failed: number;
}

/** Waits until no job is left to do. */
async function outcome(added: number): Promise<Outcome> {
  let counts: Record<string, number> = {};
  const look = () => void queue.getJobCounts('completed', 'failed').then((now) => (counts = now));
  const looking = setInterval(look, 20);
  try {
    await until(
      `${added} jobs to be completed or to have failed`,
      () => ((counts['completed'] ?? 0) + (counts['failed'] ?? 0) >= added ? true : undefined),
      () => false,
      () => JSON.stringify(counts),
    );
  } finally {
    clearInterval(looking);
  }
  const done = await redis.hgetall('done');
  const twice = Object.keys(done).filter((id) => Number(done[id]) > 1);
  return {
    effects: await redis.hlen('effects'),
    twice: await Promise.all(twice.map(describeJob)),
    failed: counts['failed'] ?? 0,
  };
}

async function describeJob(id: string): Promise<string> {
  const job = await queue.getJob(id);
  return `job ${id}: ${job?.attemptsStarted} starts, ${job?.stalledCounter} times stalled`;
}

/** Replaces one of two pods after the other, `rolls` times each pod, as a rolling deploy does: first a new one, then an old one goes. */
async function roll(
  args: readonly string[],
  rolls: number,
): Promise<{ readonly outcome: Outcome; readonly added: number; readonly exits: unknown[]; readonly inWork: number }> {
  const pods = [await start(args), await start(args)];
  const jobs = stream();
  const exits: unknown[] = [];
  let inWork = 0;
  for (let rolled = 0; rolled < rolls; rolled += 1) {
    for (let one = 0; one < 2; one += 1) {
      pods.push(await start(args));
      const [old] = pods.splice(0, 1) as [Service];
      await old.event('job.began');
      old.kill('SIGTERM');
      inWork += await queue.getActiveCount();
      exits.push(await old.exited);
    }
  }
  const added = await jobs.stop();
  return { outcome: await outcome(added), added, exits, inWork };
}

describeWith(['redis'], 'jobs of a queue', () => {
  it('in work through rolling deploys are all done, once, and none fails', async () => {
    const { outcome: result, added, exits, inWork } = await roll(app('queues'), ROLLS);
    expect(inWork).toBeGreaterThan(ROLLS);
    expect(result).toEqual({ effects: added, twice: [], failed: 0 });
    expect(exits).toEqual(Array.from({ length: 2 * ROLLS }, () => CLEAN));
  });

  it('of a stock Nest service fail on a closed pool (negative control)', async () => {
    const { outcome: result, added } = await roll(stock('queues'), 2);
    expect(result.failed).toBeGreaterThan(0);
    expect(result.effects + result.failed).toBe(added);
  });

  it('that take too long are told, hand themselves back, and are done elsewhere without an attempt spent', async () => {
    const first = await start(app('queues'), { DRAIN_TIMEOUT_SECONDS: '1' });
    const { id = '' } = await queue.add('long', {});
    await first.event('job.began');
    const second = await start(app('queues'));
    first.kill('SIGTERM');
    expect(await first.exited).toEqual(CLEAN);
    expect(first.lines.find(({ msg }) => msg?.startsWith('Told to hand its work back'))).toMatchObject({
      'queue workers': [{ name: `job "long" ${id} of "orders"` }],
    });
    await second.event('job.began');
    await redis.set('released', '1');
    expect(await outcome(1)).toEqual({ effects: 1, twice: [], failed: 0 });
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2, stalledCounter: 0 });
  });

  it('that do not listen are named and cut, and come back when their lock is over, without having failed', async () => {
    const first = await start(app('queues'), { DRAIN_TIMEOUT_SECONDS: '0.6', ...SHORT_LOCK });
    const { id = '' } = await queue.add('stubborn', {});
    await first.event('job.began');
    const second = await start(app('queues'));
    first.kill('SIGTERM');
    const forced = await first.event('shutdown.forced');
    expect(forced.msg).toMatch(new RegExp(`queue workers: job "stubborn" ${id} of "orders" after \\d\\.\\d s`));
    expect(await first.exited).toEqual(FAILED);
    expect(first.moment('shutdown.complete')).toMatchObject({ failedHooks: [] });
    await second.event('job.began');
    await redis.set('released', '1');
    expect(await outcome(1)).toEqual({ effects: 1, twice: [], failed: 0 });
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, stalledCounter: 1 });
  });

  it('of a pod that is killed come back after their lock: none is lost, and no effect is there twice', async () => {
    const victim = await start(app('queues'), SHORT_LOCK);
    const jobs = stream();
    await victim.event('job.began');
    const other = await start(app('queues'));
    await other.event('job.began');
    victim.kill('SIGKILL');
    await victim.exited;
    const taken = new Set(victim.lines.flatMap(({ event, job }) => (event === 'job.began' ? [job] : [])));
    await other.line(({ event, job }) => event === 'job.began' && taken.has(job), 'a job that comes back');
    const added = await jobs.stop();
    expect(await outcome(added)).toMatchObject({ effects: added, failed: 0 });
  });

  it('and a Redis that is gone hold nobody for long', async () => {
    const service = await start(app('queues'));
    await queue.add('short', {});
    await outcome(1);
    await queue.close();
    redis.disconnect();
    broker.kill();
    await broker.exited;
    await until('the pod to miss Redis', () => service.text.find((line) => line.includes('ECONNREFUSED')));
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    // Its close() mostly never returns; without a ceiling that is the drain's end, 30 s. What is said then: test/ebb/libraries.
    expect(Number(service.moment('requests.drained')['elapsedMs'])).toBeLessThan(7_000);
  });
});
