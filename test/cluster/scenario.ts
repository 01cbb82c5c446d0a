import type { Failure } from '../rollout/result.js';
import type { SuiteOptions } from './options.js';
import type { Stage } from './stage.js';

/** One way a pod can be asked to go, or one that is known to lose requests. */
export interface Scenario {
  readonly name: string;
  /** What is done, in a line. */
  readonly what: string;
  /** A negative control: it has to lose requests, or the zeros of the others prove nothing. */
  readonly mustLose?: true;
  /** It asks no request. */
  readonly isQuiet?: true;
  /** @throws when it did not go as it has to */
  readonly run: (stage: Stage, findings: Findings, options: SuiteOptions) => Promise<void>;
}

/** It cannot be played on this cluster, or was not allowed to. */
export class Skipped extends Error {}

/** It did not go as it has to. */
export class ScenarioFailed extends Error {}

/** What a scenario finds out besides the counts. */
export class Findings {
  readonly notes: string[] = [];
  readonly #excused: {
    readonly isMeant: (failure: Failure) => boolean;
    readonly count: number;
    readonly why: string;
  }[] = [];

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

  /** Exactly so many requests have to fail, for a reason that is no fault of the service. They are printed with it. */
  expectLost(count: number, why: string, isMeant: (failure: Failure) => boolean): void {
    this.#excused.push({ isMeant, count, why });
  }

  /** @returns the failures that nothing explains. @throws {@link ScenarioFailed} where an expected one is missing */
  unexplained(failures: readonly Failure[]): Failure[] {
    let rest = [...failures];
    for (const { isMeant, count, why } of this.#excused) {
      const meant = rest.filter(isMeant);
      this.fact(meant.length === count, `${count} requests fail because ${why} (${meant.length} did)`);
      this.note(`${count} failed as they had to: ${why}.`);
      rest = rest.filter((failure) => !meant.includes(failure));
    }
    return rest;
  }
}
