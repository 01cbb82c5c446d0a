import type { Failure } from '../lib/load/result.js';
import type { SuiteOptions } from './options.js';
import type { Release } from '../lib/kubernetes/release.js';
import type { Stage } from '../lib/kubernetes/stage.js';

/** One way a pod can be asked to go, or one that is known to lose requests. */
export interface Scenario {
  readonly name: string;
  /** What is done, in a line. */
  readonly what: string;
  /** What its releases have in common. */
  readonly release?: Partial<Release>;
  /** A negative control: it has to lose requests, or the zeros of the others prove nothing. */
  readonly mustLose?: true;
  /** Of the requests that are asked for, the fewest that it sends; all when absent. Beside a proxy each costs twice as much. */
  readonly share?: number;
  /** Its clients are in a pod, and what the pods say that they answered cannot be read from outside. */
  readonly clientsInside?: true;
  /** It asks no request. */
  readonly isQuiet?: true;
  /** @throws when it did not go as it has to */
  readonly run: (stage: Stage, findings: Findings, options: SuiteOptions) => Promise<void>;
}

/** It cannot be played on this cluster, or was not allowed to. */
export class Skipped extends Error {}

/** It did not go as it has to. */
export class ScenarioFailed extends Error {}

/** Failures that are no fault of the service. */
interface Excuse {
  readonly why: string;
  readonly isMeant: (failure: Failure) => boolean;
  /** So many there have to be; absent: any number. */
  readonly count?: number;
}

/** What a scenario finds out besides the counts. */
export class Findings {
  readonly notes: string[] = [];
  readonly #excuses: Excuse[] = [];

  /** @throws {@link ScenarioFailed} */
  fact(isTrue: boolean, what: string): void {
    if (!isTrue) {
      throw new ScenarioFailed(`It is not so that ${what}.`);
    }
  }

  /** Is printed below the table. */
  note(text: string): void {
    this.notes.push(text);
  }

  /** Failures that are counted apart, and printed with the reason. */
  excuse(excuse: Excuse): void {
    this.#excuses.push(excuse);
  }

  /** @returns the failures that nothing excuses. @throws {@link ScenarioFailed} where there are not as many as there have to be */
  unexcused(failures: readonly Failure[]): Failure[] {
    let rest = [...failures];
    for (const { why, isMeant, count } of this.#excuses) {
      const meant = rest.filter(isMeant);
      this.fact(
        count === undefined || meant.length === count,
        `${count} requests fail because ${why} (${meant.length} did)`,
      );
      if (meant.length > 0) {
        this.note(`${meant.length} failed because ${why}.`);
      }
      rest = rest.filter((failure) => !meant.includes(failure));
    }
    return rest;
  }
}
