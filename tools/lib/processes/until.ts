import { setTimeout as sleep } from 'node:timers/promises';

/** The ceiling of every wait. Far above what any of them takes, so that only a hang reaches it. */
const CEILING_MS = 20_000;

const LOOK_EVERY_MS = 5;

/**
 * Waits for a fact: looks until `find` finds it, and returns it.
 *
 * @param isLost says that it can never come any more.
 * @throws Error when it is lost or does not come within the ceiling; `describe` tells what was there instead.
 */
export async function until<T>(
  what: string,
  find: () => T | undefined,
  isLost: () => boolean = () => false,
  describe: () => string = () => '',
): Promise<T> {
  const deadline = performance.now() + CEILING_MS;
  for (;;) {
    // Asked before the last look, so that a fact that came just before the end is not missed.
    const isOver = isLost() || performance.now() > deadline;
    const found = find();
    if (found !== undefined) {
      return found;
    }
    if (isOver) {
      throw new Error(`Waited in vain for ${what}.\n${describe()}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
