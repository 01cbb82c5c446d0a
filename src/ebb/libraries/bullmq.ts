import type { Library } from './library.js';

interface Job {
  readonly id?: string;
  readonly name: string;
  readonly queueName: string;
}

type Processor = (job: Job, ...args: unknown[]) => unknown;

/** What is used of `BullExplorer`, which makes a worker for each `@Processor`. */
interface Explorer {
  readonly workers: readonly {
    /** Aborts the third argument of each processor that takes one. Older versions have none. */
    cancelAllJobs?(reason: string): void;
    disconnect(): Promise<unknown>;
  }[];
  /** Made to be replaced: whatever it returns is run in the place of a processor. */
  readonly processorDecoratorService: { decorate: (processor: Processor) => Processor };
}

/**
 * Its hook closes every worker: none takes another job, and each renews the locks of those it has until they are done. Read
 * in @nestjs/bullmq 12.0.0, bull.explorer.js; bullmq 6.7, worker.js. Not reached: workers that `registerQueue` makes of its option
 * `processors`; they are known to the queue alone, and its hook would close it to requests that still add jobs.
 */
export const bullmq: Library<Explorer> = {
  name: '@nestjs/bullmq',
  work: 'queue workers',
  provider: 'BullExplorer',
  hook: 'onApplicationShutdown',
  watch({ processorDecoratorService: service }, runs) {
    const { decorate } = service;
    service.decorate = (processor) =>
      runs.track(
        decorate.call(service, processor),
        ({ id, name, queueName }) => `job "${name}" ${id ?? 'without id'} of "${queueName}"`,
      );
  },
  handBack({ workers }) {
    workers.forEach((worker) => worker.cancelAllJobs?.('The pod leaves'));
  },
  cut({ workers }) {
    // What still runs will fail for want of what the hooks free now. Without a connection it cannot say so: the job keeps its
    // attempts, and is taken elsewhere when its lock is over.
    workers.forEach((worker) => void worker.disconnect().catch(() => undefined));
  },
};
