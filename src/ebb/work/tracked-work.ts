import { Injectable, Logger } from '@nestjs/common';
import { Changes } from './changes.js';
import type { PendingWork, WorkSource } from './work-source.js';

/** Work that no request waits for and that the pod must not leave behind. */
@Injectable()
export class TrackedWork implements WorkSource {
  readonly name = 'work';
  readonly #logger = new Logger('Lifecycle');
  /** In the order in which it was given over. */
  readonly #pending = new Map<Promise<unknown>, { readonly name: string; readonly since: number }>();

  constructor(private readonly changes: Changes) {}

  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  get pending(): readonly PendingWork[] {
    return this.names.map((name) => ({ text: `work "${name}"`, field: name }));
  }

  /** The names of what is not done yet. */
  get names(): readonly string[] {
    return Array.from(this.#pending.values(), ({ name }) => name);
  }

  isPendingSince(atMs: number): boolean {
    const [oldest] = this.#pending.values();
    return oldest !== undefined && oldest.since < atMs;
  }

  /** Nothing to tell: business code hears of it by `Lifecycle.leaving`. */
  leave(): void {}

  /** A promise cannot be cut; it is left behind. */
  cut(): void {}

  /** Keeps `work` in {@link names} until it settles. A rejection is logged with the name and goes no further. */
  add(work: PromiseLike<unknown>, name: string): void {
    // Once: a lazy thenable, as query builders are, runs each time somebody waits for it.
    const promise = Promise.resolve(work);
    this.#pending.set(promise, { name, since: performance.now() });
    void this.#follow(promise, name);
  }

  async #follow(promise: Promise<unknown>, name: string): Promise<void> {
    try {
      await promise;
    } catch (error) {
      this.#logger.warn({ err: error, work: name }, `Work "${name}" failed`);
    }
    this.#pending.delete(promise);
    this.changes.notify();
  }
}
