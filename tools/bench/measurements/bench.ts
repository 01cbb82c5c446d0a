import type { Display } from '../../lib/terminal/display.js';
import type { Watch } from '../noise/watch.js';
import type { BenchOptions } from '../options.js';
import type { Cores } from '../processes/machine.js';
import { orderOf } from '../statistics.js';
import type { Subject } from '../subjects.js';

/** What every measurement needs. */
export interface Bench {
  readonly options: BenchOptions;
  readonly cores: Cores;
  readonly watch: Watch;
  readonly display: Display;
}

/** Goes through the subjects in rounds, in another order each time, and says where it is at. */
export async function inRounds<T extends Subject>(
  { display, watch }: Bench,
  what: string,
  subjects: readonly T[],
  rounds: number,
  take: (subject: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of orderOf(subjects, round)) {
      const { disturbed } = watch.quiet;
      const noise = disturbed === 0 ? '' : `, ${disturbed} slices were disturbed`;
      display.status(`${what}: round ${round + 1} of ${rounds}, ${subject.title}${noise}`);
      await take(subject, round);
    }
  }
}
