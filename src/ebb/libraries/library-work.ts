import { Logger } from '@nestjs/common';
import type { Changes } from '../work/changes.js';
import type { PendingWork, WorkSource } from '../work/work-source.js';
import type { EarlyHook } from './early-hook.js';
import type { Library, Runs } from './library.js';

/** How long before the drain's end work is told to give itself back. At most half of the time there is. */
const HAND_BACK_MS = 2_000;

/**
 * How long a hook may go on when none of the runs is left that it waits for. What it does then it does with a broker that does
 * not answer, and the pod is not held for that.
 */
const LONGEST_ALONE_MS = 5_000;

interface Pending {
  readonly name: string;
  readonly since: number;
}

/** What a library runs: nothing new after its hook was called early, and all of it, and the hook, before the drain is over. */
export class LibraryWork implements WorkSource, Runs {
  readonly name: string;
  readonly #logger = new Logger('Libraries');
  /** Runs, and hooks that have not returned; the oldest first. */
  readonly #runs = new Set<Pending>();
  readonly #called = new Set<Pending>();
  readonly #tracked = new WeakSet<object>();
  #isLeaving = false;
  /** Set while hooks are all that is pending. */
  #alone: NodeJS.Timeout | undefined;

  constructor(
    private readonly library: Library,
    private readonly hooks: readonly EarlyHook[],
    private readonly changes: Changes,
  ) {
    this.name = library.work;
    this.#tellAll('watch', (provider) => library.watch?.(provider, this));
  }

  get isIdle(): boolean {
    return this.#runs.size + this.#called.size === 0;
  }

  isPendingSince(atMs: number): boolean {
    return [this.#runs, this.#called].some(([oldest]) => oldest !== undefined && oldest.since < atMs);
  }

  get pending(): readonly PendingWork[] {
    // A hook that waits for runs which have names says nothing more.
    return Array.from(this.#runs.size > 0 ? this.#runs : this.#called, ({ name, since }) => {
      const ageMs = Math.round(performance.now() - since);
      return { text: `${this.name}: ${name} after ${(ageMs / 1_000).toFixed(1)} s`, field: { name, ageMs } };
    });
  }

  track<Args extends unknown[], Result>(
    work: (...args: Args) => Result,
    nameOf: (...args: Args) => string,
  ): (...args: Args) => Result {
    if (typeof work !== 'function' || typeof nameOf !== 'function') {
      throw new TypeError(
        `track() of the row of ${this.library.name} takes two functions: what is run, and what a log calls it.`,
      );
    }
    if (this.#tracked.has(work)) {
      return work;
    }
    const begin = (name: string) => this.#begin(this.#runs, name);
    function tracked(this: unknown, ...args: Args): Result {
      const result = Reflect.apply(work, this, args);
      if (isThenable(result)) {
        const end = begin(nameOf(...args));
        result.then(end, end);
      }
      return result;
    }
    // Some libraries count them to know what a function takes.
    Object.defineProperty(tracked, 'length', { value: work.length });
    this.#tracked.add(tracked);
    return tracked;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  leave(_overMs: number, endAt: number): void {
    this.#isLeaving = true;
    this.hooks.forEach((hook) => void this.#callEarly(hook));
    if (this.library.handBack !== undefined && Number.isFinite(endAt)) {
      const leftMs = endAt - performance.now();
      setTimeout(() => this.#handBack(), leftMs - Math.min(HAND_BACK_MS, leftMs / 2)).unref();
    }
  }

  cut(): void {
    if (!this.isIdle) {
      this.#tellAll('cut', (provider) => this.library.cut?.(provider));
      this.hooks.forEach((hook) => hook.release());
      this.#runs.clear();
      this.#called.clear();
      this.#changed();
    }
  }

  async #callEarly(hook: EarlyHook): Promise<void> {
    const done = this.#begin(this.#called, hook.name);
    try {
      await hook.call();
    } catch (error) {
      const { name: library } = this.library;
      this.#logger.warn({ err: error, library, hook: hook.name }, `${hook.name} of ${library}, called early, failed`);
    }
    done();
  }

  #handBack(): void {
    if (!this.isIdle) {
      const { pending } = this;
      this.#logger.log(
        { [this.name]: pending.map(({ field }) => field) },
        `Told to hand its work back: ${pending.map(({ text }) => text).join('; ')}`,
      );
      this.#tellAll('handBack', (provider) => this.library.handBack?.(provider));
    }
  }

  /** @returns what says that it is done. */
  #begin(among: Set<Pending>, name: string): () => void {
    const one = { name, since: performance.now() };
    among.add(one);
    this.#changed();
    return () => {
      among.delete(one);
      this.#changed();
    };
  }

  #changed(): void {
    this.changes.notify();
    const isAlone = this.#runs.size === 0 && this.#called.size > 0;
    if (!isAlone || this.library.watch === undefined) {
      clearTimeout(this.#alone);
      this.#alone = undefined;
    } else {
      this.#alone ??= setTimeout(() => this.#giveUp(), LONGEST_ALONE_MS).unref();
    }
  }

  #giveUp(): void {
    const { name: library } = this.library;
    const hooks = Array.from(this.#called, ({ name }) => name);
    this.#logger.warn(
      { library, hooks },
      `${hooks.join(', ')} of ${library} has nothing left to wait for and does not return: the pod leaves without it`,
    );
    this.cut();
  }

  #tellAll(what: 'watch' | 'handBack' | 'cut', tell: (provider: object) => void): void {
    for (const { provider } of this.hooks) {
      try {
        tell(provider);
      } catch (error) {
        const { name: library } = this.library;
        this.#logger.warn({ err: error, library }, `${what}() of the row of ${library} failed`);
      }
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}
