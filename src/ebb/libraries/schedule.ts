import type { Library, Runs } from './library.js';

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
        handOn(runs, target, () => `cron "${options.name ?? String(options.cronTime)}"`),
        options,
      );
    orchestrator.addInterval = (target, everyMs, name) =>
      addInterval.call(
        orchestrator,
        handOn(runs, target, () => `interval ${named(name, everyMs)}`),
        everyMs,
        name,
      );
    orchestrator.addTimeout = (target, afterMs, name) =>
      addTimeout.call(
        orchestrator,
        handOn(runs, target, () => `timeout ${named(name, afterMs)}`),
        afterMs,
        name,
      );
    schedulerRegistry.addCronJob = (name, job) => {
      const { _callbacks: callbacks = [] } = job;
      callbacks.splice(0, callbacks.length, ...callbacks.map((one) => handOn(runs, one, () => `cron "${name}"`)));
      addCronJob.call(schedulerRegistry, name, job);
    };
  },
};

/** What is handed on already: jobs of `@Cron` come twice. */
const handedOn = new WeakSet<Target>();

/** Tracked, and a timer that is set while the pod leaves, too late for the hook, runs nothing. */
function handOn(runs: Runs, target: Target, nameOf: () => string): Target {
  if (handedOn.has(target)) {
    return target;
  }
  const begin: Target = function begin(this: unknown, ...args) {
    return runs.isLeaving ? undefined : Reflect.apply(target, this, args);
  };
  const tracked = runs.track(begin, nameOf);
  handedOn.add(tracked);
  return tracked;
}

function named(name: string | undefined, ms: number): string {
  return name === undefined ? `of ${ms} ms` : `"${name}"`;
}
