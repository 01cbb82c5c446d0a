import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Lifecycle } from '../lifecycle/lifecycle.js';

/** The most that one check may take. Below the readiness probe's own time-out, so that the answer still says which. */
const CHECK_TIMEOUT_MS = 800;

/** How many runs of one check may hang at a time: each probe would leave one more behind. */
const MOST_HANGING = 5;

/** How often it is asked while so many hang, so that a recovery is seen all the same. */
const ASK_HANGING_EVERY_MS = 30_000;

/**
 * Whether a feature can serve. It passes unless it throws, rejects, returns false, or returns a result of a terminus
 * indicator that is down.
 *
 * @param signal aborts when nobody waits for this run any more, after {@link CHECK_TIMEOUT_MS}: hand it on to what can be
 *   given up, `fetch(url, { signal })`.
 */
export type ReadinessCheck = (signal: AbortSignal) => unknown;

/** A check and what became of its runs. */
interface Entry {
  readonly check: ReadinessCheck;
  /** The run that probes wait for, several at once if they come together. */
  current: Promise<string | undefined> | undefined;
  /** Runs that were given up and have not settled. */
  hanging: number;
  askedAt: number;
  isFailing: boolean;
}

/**
 * The checks that `/readyz` asks, and the place where a feature adds its own:
 * `readiness.add('orders-database', () => this.pool.query('select 1'))`.
 *
 * Check what only this pod can lose. A check on something that all pods share takes all of them out of service at once.
 */
@Injectable()
export class Readiness {
  readonly #logger = new Logger('Readiness');
  readonly #checks = new Map<string, Entry>();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Adds a check.
   *
   * @throws Error when the name is taken.
   */
  add(name: string, check: ReadinessCheck): void {
    if (this.#checks.has(name)) {
      throw new Error(`There is a readiness check named "${name}" already. Give this one another name.`);
    }
    this.#checks.set(name, { check, current: undefined, hanging: 0, askedAt: -Infinity, isFailing: false });
  }

  /** What `/readyz` hands to terminus: why the pod is not ready by its phase, else every added check. */
  indicatorFunctions(): (() => Promise<HealthIndicatorResult>)[] {
    const { phase } = this.lifecycle;
    if (phase !== 'ready') {
      // The checks are not asked any more: what they look at may be on its way out.
      return [async () => this.indicators.check('shutdown').down({ reason: 'shutdown', phase })];
    }
    return Array.from(
      this.#checks,
      ([name, entry]) =>
        () =>
          this.#run(name, entry),
    );
  }

  async #run(name: string, entry: Entry): Promise<HealthIndicatorResult> {
    const failure = await this.#failureOf(entry);
    const isFailing = failure !== undefined;
    if (isFailing !== entry.isFailing) {
      // Once, not at every probe.
      entry.isFailing = isFailing;
      if (isFailing) {
        this.#logger.warn({ check: name, failure }, `The readiness check "${name}" fails: ${failure}`);
      } else {
        this.#logger.log({ check: name }, `The readiness check "${name}" passes again`);
      }
    }
    const indicator = this.indicators.check(name);
    return isFailing ? indicator.down({ message: failure }) : indicator.up();
  }

  /** What is wrong; undefined when nothing is. */
  #failureOf(entry: Entry): Promise<string | undefined> {
    const now = performance.now();
    if (entry.current === undefined && entry.hanging >= MOST_HANGING && now - entry.askedAt < ASK_HANGING_EVERY_MS) {
      return Promise.resolve(`${entry.hanging} runs of it hang; it is asked every ${ASK_HANGING_EVERY_MS / 1_000} s`);
    }
    entry.current ??= ask(entry).finally(() => (entry.current = undefined));
    return entry.current;
  }
}

/** Asks a check once, and gives up after its time. Never rejects. */
async function ask(entry: Entry): Promise<string | undefined> {
  entry.askedAt = performance.now();
  const givenUp = new AbortController();
  const asked = Promise.resolve(givenUp.signal).then(entry.check).then(failureIn).catch(wordsFor);
  const timer = new AbortController();
  const tooLate = Symbol('too late');
  const answer = await Promise.race([asked, sleep(CHECK_TIMEOUT_MS, tooLate, { signal: timer.signal })]);
  if (answer !== tooLate) {
    timer.abort();
    return typeof answer === 'symbol' ? undefined : answer;
  }
  entry.hanging += 1;
  void asked.finally(() => (entry.hanging -= 1));
  givenUp.abort(new Error(`The readiness check took more than ${CHECK_TIMEOUT_MS} ms`));
  return `no answer within ${CHECK_TIMEOUT_MS} ms`;
}

function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  // A refused connection to a name with two addresses has no message, a failed fetch none that says why.
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message || error.name}${cause}`;
}

function failureIn(result: unknown): string | undefined {
  if (result === false) {
    return 'not ready';
  }
  if (typeof result === 'object' && result !== null) {
    for (const indicator of Object.values(result) as unknown[]) {
      if (typeof indicator === 'object' && indicator !== null && 'status' in indicator && indicator.status === 'down') {
        return 'message' in indicator ? String(indicator.message) : 'down';
      }
    }
  }
  return undefined;
}
