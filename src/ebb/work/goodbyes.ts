/** How clients are told to go that stay connected: one after the other, and with nothing after it. */

/**
 * Says goodbye to each, evenly until `overMs` have passed: all at once, they would come back in one instant to the pods that stay.
 *
 * @param those who is connected, the oldest first: they have most to lose by coming back last.
 */
export function sayOver<T>(overMs: number, those: readonly T[], goodbye: (one: T) => void): void {
  those.forEach((one, index) => setTimeout(() => goodbye(one), (overMs * (index + 1)) / those.length));
}

/** In the place of `write` after a goodbye: what the application still says goes nowhere, instead of failing or coming after it. */
export function goesNowhere(...args: readonly unknown[]): boolean {
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    process.nextTick(callback);
  }
  return true;
}
