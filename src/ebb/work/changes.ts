import { Injectable } from '@nestjs/common';

/** The longest that a timer of Node can wait; longer is at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Wakes whoever waits for something to be over. Counters are kept as things happen and a wait looks at them when one has
 * changed, so that 10,000 idle connections cost a leaving pod nothing.
 */
@Injectable()
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed that somebody may wait for. Costs nothing when nobody does. */
  notify(): void {
    if (this.#waiting.size > 0) {
      this.#waiting.forEach((look) => look());
    }
  }

  /**
   * Waits.
   *
   * @param isOver is asked now, at every {@link notify}, and once more at the end. Cheap.
   * @param endAt the ceiling, as `performance.now()` counts; `Infinity` for none.
   * @returns whether it was over by then.
   */
  until(isOver: () => boolean, endAt: number): Promise<boolean> {
    if (isOver() || performance.now() >= endAt) {
      return Promise.resolve(isOver());
    }
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout;
      const done = (result: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(result);
      };
      const look = () => {
        if (isOver()) {
          done(true);
        }
      };
      // Also without a ceiling: a promise alone keeps no process alive.
      const wait = () => {
        const leftMs = endAt - performance.now();
        timer = setTimeout(
          () => (leftMs > LONGEST_TIMER_MS ? wait() : done(isOver())),
          Math.ceil(Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS)),
        );
      };
      this.#waiting.add(look);
      wait();
    });
  }
}
