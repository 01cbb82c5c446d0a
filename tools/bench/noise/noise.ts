/**
 * How much else the machine did while something was measured. Figures of a disturbed slice mean nothing: what is slow may be
 * the neighbour.
 */
import { type MachineTimes, type ProcessTimes, allProcesses, machineTimes } from '../processes/proc.js';

/** What was seen beside the measured processes. Shares are of one core: 0.5 is half a core. */
export interface Noise {
  /** Processes that are not this program's. */
  readonly othersShare: number;
  /** What the hypervisor gave to somebody else. */
  readonly stolenShare: number;
  /** How long a fixed piece of work took, against how long it takes: 1 is as fast as it can be. */
  readonly spinRatio: number;
}

/** Above these a slice is thrown away. */
export const LIMITS: Noise = { othersShare: 0.05, stolenShare: 0.02, spinRatio: 1.15 };

/** `/proc` counts in steps of 10 ms, so that a short slice may see two of them of what is next to nothing. */
const GRACE_MS = 20;

export interface Moment {
  readonly atMs: number;
  readonly machine: MachineTimes;
  readonly processes: ReadonlyMap<number, ProcessTimes>;
}

export function look(): Moment {
  return { atMs: performance.now(), machine: machineTimes(), processes: allProcesses() };
}

/** What was seen between two moments. @param root this program: it and what it has started are no noise. */
export function noiseBetween(before: Moment, after: Moment, spinRatio: number, root = process.pid): Noise {
  const tookMs = after.atMs - before.atMs;
  const share = (ms: number) => Math.max(0, ms - GRACE_MS) / tookMs;
  const foreign = foreignMs(after, root) - foreignMs(before, root);
  // Who lives outside of this container is seen in the machine's times alone.
  const unseen = after.machine.busyMs - before.machine.busyMs - (ownMs(after, root) - ownMs(before, root));
  return {
    othersShare: share(Math.max(foreign, unseen)),
    stolenShare: share(after.machine.stolenMs - before.machine.stolenMs),
    spinRatio,
  };
}

/** What is wrong with a slice, in words; empty when nothing is. */
export function disturbances({ othersShare, stolenShare, spinRatio }: Noise): string[] {
  return [
    ...(othersShare > LIMITS.othersShare
      ? [`other processes used ${percent(othersShare)} of a core (limit ${percent(LIMITS.othersShare)})`]
      : []),
    ...(stolenShare > LIMITS.stolenShare
      ? [`the hypervisor took ${percent(stolenShare)} of a core (limit ${percent(LIMITS.stolenShare)})`]
      : []),
    ...(spinRatio > LIMITS.spinRatio
      ? [`a fixed piece of work took ${spinRatio.toFixed(2)} times as long as before (limit ${LIMITS.spinRatio})`]
      : []),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** With children that are gone, so that the work of one that ends in between is in the sums before and after. */
function foreignMs(moment: Moment, root: number): number {
  return sumMs(moment, (pid) => !isOwn(moment, pid, root));
}

function ownMs(moment: Moment, root: number): number {
  return sumMs(moment, (pid) => isOwn(moment, pid, root));
}

function sumMs({ processes }: Moment, counts: (pid: number) => boolean): number {
  return [...processes].reduce((sum, [pid, { ownMs: own, goneChildrenMs }]) => {
    return counts(pid) ? sum + own + goneChildrenMs : sum;
  }, 0);
}

function isOwn({ processes }: Moment, pid: number, root: number): boolean {
  for (let one: number | undefined = pid; one !== undefined && one !== 0; one = processes.get(one)?.parent) {
    if (one === root) {
      return true;
    }
  }
  return false;
}
