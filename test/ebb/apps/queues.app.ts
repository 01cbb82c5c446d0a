/**
 * A worker of a queue as a Nest user writes it, on the Redis at `REDIS_PORT`. Each job leaves in Redis what became of it: how
 * often it was done, and its effect, whose key is the job's id.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { type Job, WaitingError } from 'bullmq';
import { Redis } from 'ioredis';
import { defineApp } from '#ebb';
import { Pool } from './pool.js';
import { print } from './print.js';

const connection = { host: '127.0.0.1', port: Number(process.env['REDIS_PORT']) };

/** How often a job that waits for the test looks. */
const LOOK_EVERY_MS = 20;

/** A busy machine may hold a process for longer than a short lock; its job is then done elsewhere as well. */
const lockDuration = Number(process.env['LOCK_MS'] ?? 5_000);

@Processor('orders', { concurrency: 5, lockDuration, stalledInterval: 1_000, maxStalledCount: 5 })
class Orders extends WorkerHost {
  readonly #redis = new Redis(connection);

  constructor(private readonly pool: Pool) {
    super();
    // Quiet where a test takes Redis away.
    this.#redis.on('error', () => undefined);
  }

  async process(job: Job<{ readonly ms?: number }>, token?: string, signal?: AbortSignal): Promise<void> {
    print({ event: 'job.began', job: job.id });
    if (job.name === 'short') {
      await sleep(job.data.ms ?? 0);
    } else if (job.name === 'long') {
      await this.#untilReleased(signal);
    } else {
      await this.#untilReleased();
    }
    if (signal?.aborted === true && job.name === 'long') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    this.pool.use();
    await this.#redis.hincrby('done', job.id ?? '', 1);
    await this.#redis.hsetnx('effects', job.id ?? '', 'done');
  }

  async #untilReleased(signal?: AbortSignal): Promise<void> {
    for (;;) {
      this.pool.use();
      if (signal?.aborted === true || (await this.#redis.get('released')) !== null) {
        return;
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
}

@Module({
  imports: [BullModule.forRoot({ connection }), BullModule.registerQueue({ name: 'orders' })],
  providers: [Pool, Orders],
})
class QueuesModule {}

export default defineApp({ imports: [QueuesModule] });
