import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Gauge } from '@prometheus-io/client';
import { Redis } from 'ioredis';
import { Metrics, type Settings } from '#ebb';
import { jobsSettings } from './jobs.settings.js';

/** What jobs leave. A job may be done again, after a crash at the latest: whatever it leaves has a key that is made of its id. */
@Injectable()
export class JobsStore implements OnModuleDestroy {
  readonly #logger = new Logger('Jobs');
  readonly #redis: Redis;
  #isGone = false;

  constructor(@Inject(jobsSettings) { REDIS_URL }: Settings<typeof jobsSettings>, metrics: Metrics) {
    const redis = new Redis(REDIS_URL.href);
    redis.on('error', (error) => this.#gone(error)).on('ready', () => this.#isBack());
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

  /** Says it once for all connections to it, however often they try. */
  #gone(error: Error): void {
    if (!this.#isGone) {
      this.#isGone = true;
      this.#logger.warn({ err: error }, 'Redis is gone: jobs wait');
    }
  }

  #isBack(): void {
    if (this.#isGone) {
      this.#isGone = false;
      this.#logger.log('Redis is back');
    }
  }

  onModuleDestroy(): void {
    this.#redis.disconnect();
  }
}
