/** Timers of each kind, as a Nest user writes them. With `endless` on the command line one run takes for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { defineApp, Lifecycle } from '#ebb';
import { Pool } from './pool.js';
import { print } from './print.js';

/** Longer than the second between two runs of a cron. */
const SLOW_MS = 1_300;

/** Long enough for a test that is late to meet the one run of a timeout. */
const SLOW_ONCE_MS = 4_000;

const isEndless = process.argv.includes('endless');

@Injectable()
class Chores implements OnApplicationBootstrap {
  constructor(
    private readonly pool: Pool,
    private readonly registry: SchedulerRegistry,
    @Optional() private readonly lifecycle?: Lifecycle,
  ) {}

  @Cron('* * * * * *', { name: 'report' })
  report(): Promise<void> {
    return this.#run('report', isEndless ? 60_000 : SLOW_MS);
  }

  @Interval(100)
  async poll(): Promise<void> {
    await this.#run('poll', 20);
  }

  @Timeout('warm-up', 10)
  async warmUp(): Promise<void> {
    await this.#run('warm-up', SLOW_ONCE_MS);
  }

  /** One that is added while the application runs, and one while the pod leaves. */
  onApplicationBootstrap(): void {
    const cleanUp = new CronJob('* * * * * *', () => this.#run('clean-up', SLOW_MS));
    this.registry.addCronJob('clean-up', cleanUp);
    cleanUp.start();
    this.lifecycle?.leaving.addEventListener('abort', () => {
      const late = new CronJob('* * * * * *', () => this.#run('late', 0));
      this.registry.addCronJob('late', late);
      late.start();
    });
  }

  async #run(timer: string, ms: number): Promise<void> {
    print({ event: `${timer}.began`, onClosedPool: !this.pool.isOpen });
    await sleep(ms);
    print({ event: `${timer}.ended`, onClosedPool: !this.pool.isOpen });
  }
}

@Module({ imports: [ScheduleModule.forRoot()], providers: [Pool, Chores] })
class TimersModule {}

export default defineApp({ imports: [TimersModule] });
