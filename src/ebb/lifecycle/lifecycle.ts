import { Injectable } from '@nestjs/common';
import { type Phase, Phases } from './phases.js';
import { TrackedWork } from '../work/tracked-work.js';

/** What business code may know of the pod's life, beside Nest's own hooks. Inject it: `constructor(lifecycle: Lifecycle)`. */
@Injectable()
export class Lifecycle {
  readonly #leaving = new AbortController();

  constructor(
    private readonly phases: Phases,
    private readonly work: TrackedWork,
  ) {}

  /** The current phase. */
  get phase(): Phase {
    return this.phases.current;
  }

  /**
   * Aborts when the pod is asked to go: take no new work. Requests still arrive and are served; loops, timers and
   * consumers should stop pulling. Its reason is an `AbortError`.
   */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  /**
   * Do not go before this: the drain waits for `promise` as it waits for a request in flight, with the same ceiling.
   * What is not done by then is named in the log and left behind.
   *
   * @param promise a rejection is logged as a warning; the pod leaves all the same.
   * @param name what a log calls it, `flush of the audit queue`.
   * @throws Error in the phase `closing`: the drain is over, and nothing would wait.
   */
  waitUntil(promise: PromiseLike<unknown>, name: string): void {
    if (this.phases.current === 'closing') {
      throw new Error(
        `Nothing waits for "${name}": the pod is already closing. Start it before, or do it in a Nest hook.`,
      );
    }
    this.work.add(promise, name);
  }

  /** Fires {@link leaving}. For `shutdown.ts` alone. @internal */
  startLeaving(): void {
    this.#leaving.abort();
  }
}
