import { outcome, send } from './http-client.js';

/** Asks on new connections, one after the other, until one is refused. What the others came to. */
export async function outcomesUntilRefused(port: number): Promise<string[]> {
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'ECONNREFUSED') {
    outcomes.push(await outcome(send(port, '/a')));
  }
  return beforeRefusal(outcomes);
}

/** What came of those that were sent while the listener was open. */
export function beforeRefusal(outcomes: readonly string[]): string[] {
  const served = outcomes.slice(0, outcomes.findLastIndex((one) => one !== 'ECONNREFUSED') + 1);
  // The last one may have come in the very moment in which the listener closed: the kernel had taken it on.
  return served.at(-1) === 'ECONNRESET' ? served.slice(0, -1) : served;
}
