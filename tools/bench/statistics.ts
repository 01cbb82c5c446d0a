/** The middle of what was measured, and how far it spreads. */
export interface Summary {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * The value below which a share of the values lies, between the two that are nearest to it.
 *
 * @throws RangeError when there is no value.
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) {
    throw new RangeError('There is no quantile of nothing.');
  }
  return below + (above - below) * (place - Math.floor(place));
}

/** Median and quartiles. @throws RangeError when there is no value. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    lower: quantile(values, 0.25),
    upper: quantile(values, 0.75),
    count: values.length,
  };
}

/**
 * An order for each round, so that nobody always comes first or always after the same one: each round starts one further, and
 * every other runs the other way round.
 */
export function orderOf<T>(all: readonly T[], round: number): readonly T[] {
  const start = round % Math.max(all.length, 1);
  const turned = [...all.slice(start), ...all.slice(0, start)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
