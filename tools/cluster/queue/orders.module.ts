/** A worker of a queue, as a Nest user writes it. Each job leaves in Redis how often it was done, and its effect, once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { type DynamicModule, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import type { Job } from 'bullmq';
import { Redis } from 'ioredis';

export const DONE = 'done';
export const EFFECTS = 'effects';

/** After this long Redis takes the job of a worker that is silent for one that may be given to another. */
const LOCK_MS = 5_000;

/** What a job needs, and a shutdown hook frees; it takes a while, as with connections to a database. */
@Injectable()
class Pool implements OnModuleDestroy {
  #isOpen = true;

  use(): void {
    if (!this.#isOpen) {
      throw new Error('The pool is closed.');
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.#isOpen = false;
    await sleep(1_000);
  }
}

/** Jobs of the queue with this name, on the Redis of that host. */
export function ordersModule(queue: string, host: string): DynamicModule {
  const connection = { host };

  @Processor(queue, { concurrency: 5, lockDuration: LOCK_MS, stalledInterval: LOCK_MS, maxStalledCount: 5 })
  class Orders extends WorkerHost {
    readonly #redis = new Redis(connection);

    constructor(private readonly pool: Pool) {
      super();
    }

    async process(job: Job<{ readonly ms: number }>): Promise<void> {
      await sleep(job.data.ms);
      this.pool.use();
      await this.#redis.hincrby(`${queue}:${DONE}`, job.id ?? '', 1);
      await this.#redis.hsetnx(`${queue}:${EFFECTS}`, job.id ?? '', 'done');
    }
  }

  @Module({
    imports: [BullModule.forRoot({ connection }), BullModule.registerQueue({ name: queue })],
    providers: [Pool, Orders],
  })
  class OrdersModule {}

  return { module: OrdersModule };
}
