import { setTimeout as sleep } from 'node:timers/promises';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type Job, WaitingError } from 'bullmq';
import { JobsStore } from './jobs.store.js';

export type Charge = Job<{ readonly amount: number }, void, 'charge'>;
export type Report = Job<{ readonly pages: number }, void, 'report'>;

/** How long a page takes. */
const PAGE_MS = 100;

// A job whose pod was killed is taken by another after 5 to 10 s, and not given up before it has met that six times.
@Processor('jobs', { concurrency: 5, lockDuration: 5_000, stalledInterval: 5_000, maxStalledCount: 5 })
export class JobsProcessor extends WorkerHost {
  constructor(private readonly store: JobsStore) {
    super();
  }

  /** As for the queue: the store says it. */
  @OnWorkerEvent('error')
  ignoreError(): void {}

  /** @param signal aborts when the pod cannot wait any longer: a job that goes on is cut, and done again elsewhere. */
  async process(job: Charge | Report, token?: string, signal?: AbortSignal): Promise<void> {
    const { id = '' } = job;
    if (job.name === 'charge') {
      await this.store.charge(id, job.data.amount);
      return;
    }
    for (let page = Number(job.progress); page < job.data.pages; page += 1) {
      if (signal?.aborted === true) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      await sleep(PAGE_MS);
      await this.store.writePage(id, page);
      await job.updateProgress(page + 1);
    }
  }
}
