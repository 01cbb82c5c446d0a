import { type Markup, markup } from './picture-markup.js';
import type { TimeScale } from './picture-marks.js';
import type { PodRecord } from '../load/result.js';

/** Requests per second, one number for each second of the run. */
export type Rate = readonly number[];

/** Who answered. */
export type Answerer = PodRecord['generation'] | 'unknown';

/** The last second of a run is seldom a whole one; below a fifth of it there is too little to tell a rate from. */
export function rateOf(answeredPerSecond: readonly number[], durationMs: number): Rate {
  return answeredPerSecond.map((answered, second) => answered / Math.min(Math.max(durationMs / 1000 - second, 0.2), 1));
}

export function sumOf(rates: readonly Rate[]): Rate {
  const seconds = Math.max(0, ...rates.map(({ length }) => length));
  return Array.from({ length: seconds }, (_, second) => rates.reduce((sum, rate) => sum + (rate[second] ?? 0), 0));
}

/** The next number above them all that is easy to read. */
export function roundUp(rates: readonly Rate[]): number {
  const highest = Math.max(...rates.flat(), 1);
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  return magnitude * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * magnitude >= highest) ?? 10);
}

/** Steps of a second each, filled down to the base line; `topRate` is as high as it gets. */
export function drawRate(rate: Rate, answerer: Answerer, topRate: number, height: number, x: TimeScale): Markup {
  const steps = rate.map(
    (value, second) =>
      markup`H${x(second * 1000)}V${height * (1 - Math.min(value / topRate, 1))}H${x((second + 1) * 1000)}`,
  );
  return markup`<path class="base" d="M${x(0)} ${height}H${x(Infinity)}"/><path class="rate ${answerer}" d="M${x(0)} ${height}${steps}V${height}Z"/>`;
}
