import type { ChildProcess } from 'node:child_process';

/** Every process that this program has started, so that none outlives it. */
class Children {
  readonly #all = new Set<ChildProcess>();

  add(child: ChildProcess): void {
    this.#all.add(child);
    child.once('exit', () => this.#all.delete(child));
  }

  /** Ends them all, now. */
  killAll(): void {
    this.#all.forEach((child) => child.kill('SIGKILL'));
  }
}

export const children = new Children();
