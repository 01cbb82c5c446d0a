/** What Linux says of processes, in `/proc`. */
import { readFileSync, readdirSync } from 'node:fs';

/** `/proc` counts processor time in hundredths of a second on every Linux, whatever its timer. */
const TICK_MS = 10;

/** What a process has used of the processor, and its children that are gone. */
export interface ProcessTimes {
  readonly parent: number;
  readonly ownMs: number;
  readonly goneChildrenMs: number;
}

/** The machine's processor time since it was started, over all cores. */
export interface MachineTimes {
  readonly busyMs: number;
  readonly stolenMs: number;
}

/**
 * The processor time of all threads of a process so far, in milliseconds, exact to the nanosecond.
 *
 * @throws Error when there is no such process any more.
 */
export function processorMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => {
    const [used = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(used);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** What a process has of the memory. @throws Error when there is no such process any more. */
export function rssBytes(pid: number): number {
  return Number(status(pid, 'VmRSS').replace(' kB', '')) * 1_024;
}

function status(pid: number, field: string): string {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(String.raw`^${field}:\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
}

/** A process that ends while it is looked at is left out. */
export function allProcesses(): Map<number, ProcessTimes> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid) => {
      const times = timesOf(Number(pid));
      return times === undefined ? [] : [[Number(pid), times] as const];
    }),
  );
}

/** Undefined when there is no such process any more. */
export function timesOf(pid: number): ProcessTimes | undefined {
  try {
    return readTimes(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Of a line of `/proc/PID/stat`, whose second field is a name that may hold anything. */
export function readTimes(line: string): ProcessTimes {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0] = fields.slice(1);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11);
  return { parent, ownMs: (user + system) * TICK_MS, goneChildrenMs: (childrenUser + childrenSystem) * TICK_MS };
}

export function machineTimes(): MachineTimes {
  return readMachineTimes(readFileSync('/proc/stat', 'utf8'));
}

/** Interrupts are left out: they are counted here or with the process that they interrupt, as the kernel was built. */
export function readMachineTimes(text: string): MachineTimes {
  const fields = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '').split(' ').map(Number);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = fields;
  return { busyMs: (user + nice + system) * TICK_MS, stolenMs: stolen * TICK_MS };
}
