/** The jobs in process, on a Redis of the test's own; without a redis-server they are skipped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getQueueToken } from '@nestjs/bullmq';
import type { INestApplication } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Queue } from 'bullmq';
import { EbbModule } from '#ebb';
import { JobsModule } from '../src/features/jobs/jobs.module.js';
import { JobsProcessor } from '../src/features/jobs/jobs.processor.js';
import { jobsSettings } from '../src/features/jobs/jobs.settings.js';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Asks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endAt = Date.now() + 10_000; !(await isSo()); await sleep(20)) {
    expect(Date.now()).toBeLessThan(endAt);
  }
}

(hasRedis ? describe : describe.skip)('the jobs', () => {
  let redis: ChildProcess;
  let environment: Record<string, string>;
  let service: INestApplication;
  let url: string;
  let queue: Queue;

  beforeAll(async () => {
    const port = await freePort();
    redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
    environment = { REDIS_URL: `redis://127.0.0.1:${port}`, DRAIN_TIMEOUT_SECONDS: '2' };
  });

  beforeEach(async () => {
    const app = { imports: [JobsModule], settings: [jobsSettings] };
    const module = await Test.createTestingModule({ imports: [EbbModule.forTest(app, environment)] }).compile();
    service = module.createNestApplication({ logger: false });
    await service.listen(0, '127.0.0.1');
    url = await service.getUrl();
    queue = service.get(getQueueToken('jobs'), { strict: false });
    await queue.obliterate({ force: true });
  });

  // Waits for what is in work, as the pod would.
  afterEach(() => service.close());

  afterAll(async () => {
    redis.kill();
    await once(redis, 'exit');
  });

  const charge = (amount: number) =>
    fetch(`${url}/charges/7`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ amount }),
    });

  const charged = async () => (await fetch(`${url}/charges/7`)).json();

  it('charge an order once, however often it is sent and done', async () => {
    expect(await charged()).toEqual({ charged: null });
    expect(await charge(5)).toMatchObject({ status: 202 });
    await until(async () => (await queue.getJob('charge-7'))?.isCompleted() ?? false);
    expect(await charged()).toEqual({ charged: 5 });
    // The same order, when its job is forgotten.
    await queue.obliterate({ force: true });
    await charge(6);
    await until(async () => (await queue.getJob('charge-7'))?.isCompleted() ?? false);
    expect(await charged()).toEqual({ charged: 5 });
  });

  it('make one report of the crons of all pods', async () => {
    const cron = service.get(SchedulerRegistry).getCronJob('nightly-report');
    await Promise.all([cron.fireOnTick(), cron.fireOnTick()]);
    await until(async () => (await queue.getActiveCount()) > 0);
    expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 0 });
  });

  it('hand a report back when they are told to, and go on with it at the page where they were', async () => {
    const { id = '' } = await queue.add('report', { pages: 8 });
    await until(async () => Number((await queue.getJob(id))?.progress) > 2);
    // What Ebb does when the pod cannot wait any longer.
    service.get(JobsProcessor).worker.cancelAllJobs();
    await until(async () => (await queue.getJob(id))?.isCompleted() ?? false);
    expect(await queue.getJob(id)).toMatchObject({ attemptsStarted: 2, attemptsMade: 1, progress: 8 });
  });
});
