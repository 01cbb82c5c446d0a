import { setTimeout as sleep } from 'node:timers/promises';
import { type Noise, disturbances } from './noise.js';

/** What was measured, and what the machine did beside it. */
export interface Slice<T> {
  readonly value: T;
  readonly noise: Noise;
  /** What disturbed it, in words. Only with `--allow-noise` is a slice kept for which this is not empty. */
  readonly disturbedBy: readonly string[];
}

/** Repeats what was disturbed, and gives up when too much was. */
export class Quiet {
  readonly #seen = new Map<string, number>();
  #slices = 0;
  #disturbed = 0;

  /**
   * @param allowNoise keep disturbed slices.
   * @param ceiling how many disturbed slices are repeated in the whole run.
   * @param pauseMs how long to wait after one, so that what disturbs may be over.
   */
  constructor(
    private readonly allowNoise: boolean,
    private readonly ceiling: number,
    private readonly pauseMs: number,
  ) {}

  get disturbed(): number {
    return this.#disturbed;
  }

  /** Measures until a slice was not disturbed. @throws {@link TooNoisy} */
  async measure<T>(take: () => Promise<Omit<Slice<T>, 'disturbedBy'>>): Promise<Slice<T>> {
    for (;;) {
      const slice = await take();
      const disturbedBy = disturbances(slice.noise);
      this.#slices += 1;
      if (disturbedBy.length === 0) {
        return { ...slice, disturbedBy };
      }
      this.#disturbed += 1;
      disturbedBy.forEach((what) => this.#seen.set(what, this.#disturbed));
      if (this.allowNoise) {
        return { ...slice, disturbedBy };
      }
      if (this.#disturbed > this.ceiling) {
        throw new TooNoisy(this.#slices, this.#disturbed, this.ceiling, [...this.#seen.keys()]);
      }
      await sleep(this.pauseMs);
    }
  }
}

const SHOWN = 3;

/** The machine does too much else. */
export class TooNoisy extends Error {
  constructor(slices: number, disturbed: number, ceiling: number, seen: readonly string[]) {
    super(
      [
        `The machine is too noisy: ${disturbed} of ${slices} slices were disturbed, and ${ceiling} may be. Lately:`,
        ...seen.slice(-SHOWN).map((what) => `  - ${what}`),
        'No figures are written. End what else runs (see `top`), or use another machine. --allow-noise shows them all the same.',
      ].join('\n'),
    );
  }
}
