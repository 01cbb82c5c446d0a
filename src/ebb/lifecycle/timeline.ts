import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { endpointsForgetMs, type SliceEnds, sliceEnds } from '../config/time-budget.js';
import { Connections } from '../http/connections.js';
import type { Moment } from './moments.js';
import { Phases } from './phases.js';

/** The clock of a shutdown, and the log lines that are dated by it. Moments are as `performance.now()` counts. */
@Injectable()
export class Timeline {
  readonly #logger = new Logger('Lifecycle');
  /** Of the process, until the pod is asked to go. */
  #startedAt = 0;
  #isLeaving = false;
  #ends: SliceEnds;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly phases: Phases,
    private readonly connections: Connections,
  ) {
    this.#ends = sliceEnds(config.budget, true);
  }

  /** The pod is asked to go, now. */
  begin(withLameDuck: boolean): void {
    this.#isLeaving = true;
    this.#startedAt = performance.now();
    this.#ends = sliceEnds(this.config.budget, withLameDuck);
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  get lameDuckEndAt(): number {
    return this.#startedAt + this.#ends.lameDuckMs;
  }

  /** `Infinity` when the drain is unbounded. */
  get drainEndAt(): number {
    return this.#startedAt + this.#ends.drainMs;
  }

  /** What is left for hooks: to the end of C, or all of C after a drain without a bound. */
  get closeLeftMs(): number {
    const { closeMs } = this.#ends;
    return Number.isFinite(closeMs) ? closeMs - this.elapsedMs : this.config.budget.cleanupMs;
  }

  /** When everybody who routes has forgotten a deleted pod (D - P). */
  get endpointsForgetAt(): number {
    return this.#startedAt + endpointsForgetMs(this.config.budget);
  }

  /** Logs a moment. */
  moment(
    event: Moment,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    level: 'log' | 'error' = 'log',
  ): void {
    const { elapsedMs } = this;
    const { closeMs } = this.#ends;
    const line = {
      event,
      phase: this.phases.current,
      elapsedMs,
      budgetLeftMs: Number.isFinite(closeMs) ? closeMs - (this.#isLeaving ? elapsedMs : 0) : null,
      inFlight: this.connections.inFlightCount,
      openConnections: this.connections.open,
      ...fields,
    };
    this.#logger[level](line, message);
  }
}
