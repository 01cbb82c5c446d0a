import { setTimeout as sleep } from 'node:timers/promises';
import { Partner } from '../processes/partner.js';
import { look, noiseBetween } from './noise.js';
import { Quiet, type Slice } from './quiet.js';

/** How often the fixed piece of work is done before the run, to know how long it takes. */
const CALIBRATIONS = 10;

/** How long, and how often, is looked at the machine while nothing is measured. */
const LOOK_MS = 1_000;
const LOOKS = 5;

/** Measures while it watches what else the machine does. */
export class Watch {
  readonly #spinner: Partner;
  #fastestSpinMs = Infinity;

  /** @param core the server's, where the fixed piece of work is done. */
  constructor(
    core: number | undefined,
    readonly quiet: Quiet,
  ) {
    this.#spinner = new Partner('noise/spin.main.js', core);
  }

  /** Before anything is measured. @throws TooNoisy when the machine is not quiet while nothing runs. */
  async calibrate(allowNoise: boolean): Promise<void> {
    for (let time = 0; time < CALIBRATIONS; time += 1) {
      await this.#spin();
    }
    await this.measure(() => sleep(LOOK_MS), new Quiet(allowNoise, LOOKS - 1, LOOK_MS));
  }

  /** Measures, again when it was disturbed. @throws TooNoisy */
  measure<T>(take: () => Promise<T>, quiet = this.quiet): Promise<Slice<T>> {
    return quiet.measure(async () => {
      const before = await this.#spin();
      const from = look();
      const value = await take();
      const to = look();
      const after = await this.#spin();
      return { value, noise: noiseBetween(from, to, Math.max(before, after) / this.#fastestSpinMs) };
    });
  }

  end(): void {
    this.#spinner.end();
  }

  async #spin(): Promise<number> {
    const tookMs = await this.#spinner.ask<number>({});
    this.#fastestSpinMs = Math.min(this.#fastestSpinMs, tookMs);
    return tookMs;
  }
}
