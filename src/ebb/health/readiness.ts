import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Lifecycle } from '../lifecycle/lifecycle.js';

/** The most that one check may take. Below the readiness probe's own time-out, so that the answer still says which. */
const CHECK_TIMEOUT_MS = 800;

/**
 * Whether a feature can serve. It passes unless it throws, rejects, returns false, or returns a result of a terminus
 * indicator that is down.
 */
export type ReadinessCheck = () => unknown;

/**
 * The checks that `/readyz` asks, and the place where a feature adds its own:
 * `readiness.add('orders-database', () => this.pool.query('select 1'))`.
 *
 * Check what only this pod can lose. A check on something that all pods share takes all of them out of service at once.
 */
@Injectable()
export class Readiness {
  readonly #logger = new Logger('Readiness');
  readonly #checks = new Map<string, ReadinessCheck>();
  readonly #failing = new Set<string>();
  readonly #pending = new Map<string, Promise<unknown>>();

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
    this.#checks.set(name, check);
  }

  /** What `/readyz` hands to terminus: why the pod is not ready by its phase, else every added check. */
  indicatorFunctions(): (() => Promise<HealthIndicatorResult>)[] {
    const { phase } = this.lifecycle;
    if (phase !== 'ready') {
      // The checks are not asked any more: what they look at may be on its way out.
      return [async () => this.indicators.check('shutdown').down({ reason: 'shutdown', phase })];
    }
    return [...this.#checks].map(
      ([name, check]) =>
        () =>
          this.#run(name, check),
    );
  }

  async #run(name: string, check: ReadinessCheck): Promise<HealthIndicatorResult> {
    // A check that hangs is not asked again while it does: each probe would leave one more behind.
    const asked =
      this.#pending.get(name) ??
      Promise.resolve()
        .then(check)
        .finally(() => this.#pending.delete(name));
    this.#pending.set(name, asked);
    const failure = await failureOf(asked);
    if (failure === undefined) {
      if (this.#failing.delete(name)) {
        this.#logger.log({ check: name }, `The readiness check "${name}" passes again`);
      }
      return this.indicators.check(name).up();
    }
    if (!this.#failing.has(name)) {
      // Once, not at every probe.
      this.#failing.add(name);
      this.#logger.warn({ check: name, failure }, `The readiness check "${name}" fails: ${failure}`);
    }
    return this.indicators.check(name).down({ message: failure });
  }
}

async function failureOf(asked: Promise<unknown>): Promise<string | undefined> {
  const timer = new AbortController();
  const tooLate = sleep(CHECK_TIMEOUT_MS, `no answer within ${CHECK_TIMEOUT_MS} ms`, { signal: timer.signal });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([tooLate, asked.then(failureIn)]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    timer.abort();
  }
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
