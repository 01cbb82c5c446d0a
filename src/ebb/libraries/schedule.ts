import type { Library } from './library.js';

type Target = (...args: unknown[]) => unknown;

/** What is used of `SchedulerOrchestrator`: every `@Cron`, `@Interval` and `@Timeout` is handed to it before any is started. */
interface Orchestrator {
  addCron: (target: Target, options: { readonly name?: string; readonly cronTime: unknown }) => void;
  addInterval: (target: Target, everyMs: number, name?: string) => void;
  addTimeout: (target: Target, afterMs: number, name?: string) => void;
  /** Jobs that are added while the application runs come to it alone. */
  readonly schedulerRegistry: {
    addCronJob: (name: string, job: { readonly _callbacks?: Target[] }) => void;
  };
}

/**
 * Its hook takes all timers away and waits for no run. Read in @nestjs/schedule 12.0.2, scheduler.orchestrator.js and
 * scheduler.registry.js; cron 4.4, job.js.
 */
export const schedule: Library<Orchestrator> = {
  name: '@nestjs/schedule',
  work: 'timers',
  provider: 'SchedulerOrchestrator',
  hook: 'beforeApplicationShutdown',
  watch(orchestrator, runs) {
    const { addCron, addInterval, addTimeout, schedulerRegistry } = orchestrator;
    const { addCronJob } = schedulerRegistry;
    orchestrator.addCron = (target, options) =>
      addCron.call(
        orchestrator,
        runs.track(target, () => `cron "${options.name ?? String(options.cronTime)}"`),
        options,
      );
    orchestrator.addInterval = (target, everyMs, name) =>
      addInterval.call(
        orchestrator,
        runs.track(target, () => `interval ${named(name, everyMs)}`),
        everyMs,
        name,
      );
    orchestrator.addTimeout = (target, afterMs, name) =>
      addTimeout.call(
        orchestrator,
        runs.track(target, () => `timeout ${named(name, afterMs)}`),
        afterMs,
        name,
      );
    schedulerRegistry.addCronJob = (name, job) => {
      // Those of `@Cron` come here as well, tracked already.
      const { _callbacks: callbacks = [] } = job;
      callbacks.splice(0, callbacks.length, ...callbacks.map((one) => runs.track(one, () => `cron "${name}"`)));
      addCronJob.call(schedulerRegistry, name, job);
    };
  },
};

function named(name: string | undefined, ms: number): string {
  return name === undefined ? `of ${ms} ms` : `"${name}"`;
}
