import { readdirSync, readFileSync } from 'node:fs';

/**
 * What the public listener leaves for everything else that takes a file descriptor: probes, scrapers, clients of databases,
 * files.
 */
const RESERVE = 64;

/** However few there are, somebody can be served. */
const LEAST = 8;

/**
 * How many connections the public listener may have open, from the limit of file descriptors (`ulimit -n`) and those that are
 * open now. Without a limit a crowd of clients takes all of them: then `/livez` is reset, and the kubelet restarts the pod.
 *
 * @returns undefined where the system does not say (not Linux), or has no limit.
 */
export function connectionLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    const open = readdirSync('/proc/self/fd').length;
    return soft === undefined ? undefined : Math.max(Number(soft) - open - RESERVE, LEAST);
  } catch {
    return undefined;
  }
}
