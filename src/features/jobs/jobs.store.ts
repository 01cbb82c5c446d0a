import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Gauge } from '@prometheus-io/client';
import { Redis } from 'ioredis';
import { Metrics, type Settings } from '#ebb';
import { jobsSettings } from './jobs.settings.js';

/** What jobs leave. A job may be done again, after a crash at the latest: whatever it leaves has a key that is made of its id. */
@Injectable()
export class JobsStore implements OnModuleDestroy {
  readonly #redis: Redis;

  constructor(@Inject(jobsSettings) { REDIS_URL }: Settings<typeof jobsSettings>, metrics: Metrics) {
    const redis = new Redis(REDIS_URL.href);
    // BullMQ prints those of its own connections.
    redis.on('error', () => undefined);
    this.#redis = redis;
    // To alert on. No readiness check: without Redis all pods would be out of service at once, and whatever needs no job with them.
    metrics.registry.registerMetric(
      new Gauge({
        name: 'jobs_redis_up',
        help: 'Whether the connection to Redis is there.',
        registers: [],
        collect() {
          this.set(redis.status === 'ready' ? 1 : 0);
        },
      }),
    );
  }

  get isUp(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Charges an order, once. */
  async charge(order: string, amount: number): Promise<void> {
    await this.#redis.hsetnx('charges', order, amount);
  }

  /** What an order was charged; null when it was not. */
  charged(order: string): Promise<string | null> {
    return this.#redis.hget('charges', order);
  }

  async writePage(report: string, page: number): Promise<void> {
    await this.#redis.hset(report, page, `Page ${page}`);
  }

  onModuleDestroy(): void {
    this.#redis.disconnect();
  }
}
