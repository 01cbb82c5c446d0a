import { BullModule, InjectQueue } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Queue } from 'bullmq';
import type { Settings } from '#ebb';
import { JobsController } from './jobs.controller.js';
import { JobsCron } from './jobs.cron.js';
import { JobsProcessor } from './jobs.processor.js';
import { jobsSettings } from './jobs.settings.js';
import { JobsStore } from './jobs.store.js';

const DAY_SECONDS = 86_400;

/** A sample of work that no request waits for: a queue on Redis, a job that takes long, a cron. docs/long-lived-work.md */
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [jobsSettings],
      useFactory: ({ REDIS_URL }: Settings<typeof jobsSettings>) => ({ connection: { url: REDIS_URL.href } }),
    }),
    BullModule.registerQueue({
      name: 'jobs',
      defaultJobOptions: {
        attempts: 3,
        backoff: { type: 'exponential', delay: 1_000 },
        removeOnComplete: { age: DAY_SECONDS },
        removeOnFail: { age: 7 * DAY_SECONDS },
      },
    }),
    ScheduleModule.forRoot(),
  ],
  controllers: [JobsController],
  providers: [JobsCron, JobsProcessor, JobsStore],
})
export class JobsModule {
  constructor(@InjectQueue('jobs') queue: Queue) {
    // Otherwise BullMQ prints each attempt to connect; the store says once what is wrong.
    queue.on('error', () => undefined);
  }
}
