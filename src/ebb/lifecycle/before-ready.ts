/** What holds until the pod is ready: nothing to drain, and no hook may run on an application that is half built. */
import type { Logger } from 'pino';
import type { ShutdownSignal, SignalHandler, Signals } from './signals.js';
import { explain } from './start-failure.js';
import type { StartProgress } from './start-progress.js';
import { writeTerminationMessage } from './termination-message.js';

/** Node's exit code for a process that awaits something that nothing can bring about any more. */
const UNSETTLED_TOP_LEVEL_AWAIT = 13;

/** What a signal means before the pod is ready. */
export function leaveBeforeReady(logger: Logger): SignalHandler {
  const first = (signal: ShutdownSignal) => {
    logger.info({ event: 'shutdown.complete', phase: 'starting', signal, exitCode: 0 }, 'Server exiting');
    process.exit(0);
  };
  // The first has ended the process.
  return { first, repeated: () => undefined, insisted: () => undefined };
}

/** As much of a logger as it takes to say why. */
export interface FatalLogger {
  fatal(fields: object, message: string): unknown;
}

/** Ends a process that cannot start. */
export type Refusal = (error: unknown, blame?: string) => never;

/** One line that says why, and exit code 1. In a cluster the reason is the termination message as well. */
export function refusalTo(logger: FatalLogger, inCluster: boolean): Refusal {
  let isRefused = false;
  return (error, blame) => {
    // Its own exit is seen by whoever watches for exits.
    if (isRefused) {
      process.exit(1);
    }
    isRefused = true;
    const { reason, needsStack } = explain(error, blame);
    logger.fatal({ event: 'startup.failed', ...(needsStack ? { err: error } : {}) }, reason);
    if (inCluster) {
      writeTerminationMessage(reason);
    }
    process.exit(1);
  };
}

/**
 * Has everything else that may end a start refused like its own failures: an error that nobody caught, an await that never
 * ends, a `process.exit()` of a library.
 *
 * @returns ends that: from then on the process is the shutdown's.
 */
export function watchForCrashes(refuse: Refusal, progress: StartProgress, signals: Signals): () => void {
  const crash = (error: unknown) => refuse(error);
  const onExit = (code: number) => {
    if (code === UNSETTLED_TOP_LEVEL_AWAIT) {
      const what = progress.awaited.join(', ') || 'a top-level await of src/app.ts or of what it imports';
      refuse(new Error(`waited for what nothing can bring about any more: ${what}`));
    }
    if (code !== 0 || !signals.haveReceived) {
      const why = progress.lastError ?? 'no error was logged';
      refuse(new Error(`something called process.exit(${code}): ${why}`), progress.blame());
    }
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash).on('exit', onExit);
  return () => {
    process.off('uncaughtException', crash).off('unhandledRejection', crash).off('exit', onExit);
  };
}
