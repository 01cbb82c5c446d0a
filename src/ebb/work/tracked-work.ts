import { Injectable, Logger } from '@nestjs/common';

/** Work that no request waits for and that the pod must not leave behind. */
@Injectable()
export class TrackedWork {
  readonly #logger = new Logger('Lifecycle');
  readonly #pending = new Map<Promise<unknown>, string>();

  /** The names of what is not done yet. */
  get pending(): readonly string[] {
    return [...this.#pending.values()];
  }

  /** Resolves when all that is pending now has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending.keys());
  }

  /** Keeps `promise` in {@link pending} until it settles. A rejection is logged with the name and goes no further. */
  add(promise: Promise<unknown>, name: string): void {
    this.#pending.set(promise, name);
    void promise
      .catch((error: unknown) => this.#logger.warn({ err: error, work: name }, `Work "${name}" failed`))
      .finally(() => this.#pending.delete(promise));
  }
}
