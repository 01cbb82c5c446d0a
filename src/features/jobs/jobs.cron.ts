import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Queue } from 'bullmq';

@Injectable()
export class JobsCron {
  constructor(@InjectQueue('jobs') private readonly queue: Queue) {}

  /** Every pod runs it, at the same time: the job's id makes one job of all of theirs. */
  @Cron('0 3 * * *', { name: 'nightly-report' })
  async addReport(): Promise<void> {
    const day = new Date().toISOString().slice(0, 10);
    await this.queue.add('report', { pages: 100 }, { jobId: `report-${day}` });
  }
}
