import { Partner } from '../processes/partner.js';
import { look, noiseBetween } from './noise.js';
import { Quiet, type Slice } from './quiet.js';

/** How often the fixed piece of work is done before the run, to know how long it takes. */
const CALIBRATIONS = 10;

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

  async calibrate(): Promise<void> {
    for (let time = 0; time < CALIBRATIONS; time += 1) {
      await this.#spin();
    }
  }

  /** Measures, again when it was disturbed. @throws TooNoisy */
  measure<T>(take: () => Promise<T>): Promise<Slice<T>> {
    return this.quiet.measure(async () => {
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
