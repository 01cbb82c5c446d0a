import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { Connections } from '../http/connections.js';
import { TrackedWork } from '../work/tracked-work.js';
import { Work } from '../work/work.js';
import { HookWatch } from './hook-watch.js';
import { Phases } from './phases.js';
import type { ShutdownSignal } from './signals.js';
import { writeTerminationMessage } from './termination-message.js';
import { Timeline } from './timeline.js';

/** What made the pod leave. `close` is a call of `app.close()`, `crash` what nobody caught. */
export type Cause = ShutdownSignal | 'close' | 'crash';

/** How many requests a message names. The line's `requests` has all of them. */
const MOST_NAMED = 20;

/** Exceptions that come without end must not be all that the log has. */
const MOST_CRASHES_LOGGED = 20;

/** What is said at the end, and with which exit code: in the log and, in a cluster, in the termination message. */
@Injectable()
export class LastWords {
  cause: Cause | undefined;
  /** How many requests were cut. */
  cut = 0;
  readonly #logger = new Logger('Lifecycle');
  /** Why it was no clean one; undefined when it was. */
  #forced: string | undefined;
  #crashes = 0;
  /** Of the first crash. */
  #reason: string | undefined;
  #isSaid = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly phases: Phases,
    private readonly timeline: Timeline,
    private readonly connections: Connections,
    private readonly work: Work,
    private readonly trackedWork: TrackedWork,
    private readonly hooks: HookWatch,
  ) {}

  /** The shutdown is not a clean one. */
  force(because: readonly string[], fields: Readonly<Record<string, unknown>>): void {
    const more = because.length > MOST_NAMED ? [`and ${because.length - MOST_NAMED} more`] : [];
    const reasons = [...because.slice(0, MOST_NAMED), ...more].join('; ');
    this.#forced ??= reasons;
    this.timeline.moment(
      'shutdown.forced',
      `Server forced to shutdown: ${reasons}`,
      { requests: [], ...fields },
      'error',
    );
  }

  /**
   * Nobody caught an exception.
   *
   * @returns whether it is the first.
   */
  crash(error: unknown): boolean {
    this.#crashes += 1;
    this.#reason ??= error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.#crashes === 1) {
      this.#logger.fatal({ err: error }, `Nobody caught ${this.#reason}: the pod leaves`);
    } else if (this.#crashes <= MOST_CRASHES_LOGGED) {
      this.#logger.error({ err: error }, 'Nobody caught an exception; the shutdown goes on');
    }
    return this.#crashes === 1;
  }

  /**
   * Says them, once.
   *
   * @param code what the process would exit with.
   * @returns what it exits with: 0 only when nothing was cut, no hook failed and every exception was caught.
   */
  say(code = 0): number {
    if (this.#isSaid) {
      return this.#exitCode(code);
    }
    this.#isSaid = true;
    const { inFlightCount } = this.connections;
    const workLeft = this.trackedWork.names;
    if (this.#forced === undefined && !this.work.isIdle) {
      const { texts, fields } = this.work.pending;
      this.force([`something called process.exit(${code})`, ...texts], fields);
    }
    const { failed } = this.hooks;
    const exitCode = this.#exitCode(code);
    const summary = {
      signal: this.cause,
      phase: this.phases.current,
      elapsedMs: this.timeline.elapsedMs,
      finished: this.connections.tally.finishedWhileLeaving,
      abandoned: this.connections.tally.abandonedWhileLeaving,
      cut: this.cut + inFlightCount,
      workLeft,
      failedHooks: failed,
      ...(this.#forced === undefined ? {} : { forced: this.#forced }),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      exitCode,
    };
    this.timeline.moment('shutdown.complete', 'Server exiting', summary);
    if (this.config.inCluster) {
      writeTerminationMessage(JSON.stringify(summary));
    }
    return exitCode;
  }

  #exitCode(code: number): number {
    const isUnclean = this.#forced !== undefined || this.#crashes > 0 || this.hooks.failed.length > 0;
    return code === 0 && isUnclean ? 1 : code;
  }
}
