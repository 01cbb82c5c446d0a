/** What a rule is, and what it says when it objects. */
import type { Field, Manifest } from './manifest.js';
import type { Slices } from './settings.js';
import type { Workload } from './workload.js';

export type Severity = 'error' | 'warning';

/** One thing that a rule objects to. */
export interface Finding {
  /** What is wrong, in one sentence. */
  readonly says: string;
  /** Where the values stand. The first one is the object that the finding is about, and that a waiver is written on. */
  readonly read: readonly [Field, ...Field[]];
  /** The arithmetic, with its result beside what it was held against. */
  readonly sum?: string;
  /** What to do about it. */
  readonly change: string;
}

export interface Rule {
  /** The name in reports and waivers. */
  readonly id: string;
  readonly severity: Severity;
  /** What holds where it does not object. */
  readonly title: string;
  /** Where the rule comes from, and the version that this was true for. */
  readonly source: string;
  /** @param all  every object that was rendered together with the workload */
  readonly check: (workload: Workload, all: Objects) => readonly Finding[];
}

/** Everything that was rendered together. */
export interface Objects {
  readonly manifests: readonly Manifest[];
  readonly workloads: readonly Workload[];
}

/** The service's slices in seconds; undefined where they are not known, which the rule `settings` says. */
export function slicesOf({ settings }: Workload): Slices | undefined {
  return settings.kind === 'own' ? settings.slices : undefined;
}

/** What is found with the slices; nothing where they are not known. */
export function withSlices(workload: Workload, find: (slices: Slices) => readonly Finding[]): readonly Finding[] {
  const slices = slicesOf(workload);
  return slices === undefined ? [] : find(slices);
}

/** What concerns no workload in particular is said once, with the first one. */
export function withFirst(workload: Workload, all: Objects, find: () => readonly Finding[]): readonly Finding[] {
  return all.workloads[0] === workload ? find() : [];
}

/** From the pod's deletion until the service is gone: P + A + R + C. */
export function goneAfter({ P, A, R, C }: Slices): number {
  return P + A + R + C;
}

/** The sum behind {@link goneAfter}, spelt out. */
export function spelt(slices: Slices): string {
  const { P, A, R, C } = slices;
  return `P + A + R + C = ${P} + ${A} + ${R} + ${C} = ${goneAfter(slices)}`;
}
