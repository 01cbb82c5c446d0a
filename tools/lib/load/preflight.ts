import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Target } from './client.js';
import { CROWDS, type LoadSettings, workPathOf } from './load.js';
import { Recorder } from './recorder.js';

/** More than the shortest work that a client asks for, also where the service makes something else of it. */
const ANSWER_CEILING_MS = 30_000;

/** The least that any client asks for. */
const SHORTEST_WORK_SECONDS = Math.min(...CROWDS.flatMap(({ workSeconds }) => workSeconds ?? []));

/** What to do about paths that are not there. */
export const NAME_PATHS =
  'Name a path that is answered 200 at once with --fast-path, and one whose answer takes {seconds} with --work-path.';

/** What the clients would ask for is answered otherwise than 200, or not at all. */
export class WrongPathError extends Error {}

/**
 * Asks once for what the clients will ask for: a wrong path would make every request fail, and a rollout that was all failures
 * would look like one that loses them.
 *
 * @throws {@link WrongPathError}
 */
export async function checkPaths(settings: LoadSettings, target: Target | undefined): Promise<void> {
  for (const path of [settings.fastPath, workPathOf(settings, SHORTEST_WORK_SECONDS)]) {
    const reason = await tryPath(path, target, ANSWER_CEILING_MS);
    if (reason !== undefined) {
      throw new WrongPathError(`GET ${path} is not answered 200 but ${reason}. ${NAME_PATHS}`);
    }
  }
}

/** Asks once, on a connection of its own. @returns why it was not answered 200; undefined when it was */
export async function tryPath(
  path: string,
  target: Target | undefined,
  ceilingMs: number,
): Promise<string | undefined> {
  const trial = new Recorder(() => 0);
  const client = new Client('trial', trial, () => target, false);
  const isAnswered = await Promise.race([client.get(path), sleep(ceilingMs, false, { ref: false })]);
  // Read before it is closed: that ends the request, and would be the reason.
  const reason = trial.failures[0]?.reason ?? 'timeout';
  client.close();
  return isAnswered ? undefined : reason;
}
