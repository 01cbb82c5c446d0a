import { until } from '../../../tools/lib/processes/until.js';

const ASK_EVERY_MS = 20;

/**
 * Asks until the answer matches, and returns it. What rejects is asked again.
 *
 * @throws Error when none matches within the ceiling of `until`; it shows the latest.
 */
export async function untilAnswer<T>(what: string, ask: () => Promise<T>, matches: (answer: T) => boolean): Promise<T> {
  let latest: T | undefined;
  const asking = setInterval(() => {
    ask().then(
      (answer) => (latest = answer),
      () => undefined,
    );
  }, ASK_EVERY_MS);
  try {
    return await until(
      what,
      () => (latest !== undefined && matches(latest) ? latest : undefined),
      () => false,
      () => `The latest answer: ${JSON.stringify(latest)}`,
    );
  } finally {
    clearInterval(asking);
  }
}
