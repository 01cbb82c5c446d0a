/** Longest latency that has a place of its own, in microseconds; longer ones are counted with it. */
const LONGEST_US = 200_000;

/** Counts latencies by the microsecond: keeping each of them would cost more than to send the next request. */
export class Latencies {
  readonly #counts = new Uint32Array(LONGEST_US + 1);
  #count = 0;

  add(ms: number): void {
    const place = Math.min(Math.floor(ms * 1_000), LONGEST_US);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#count += 1;
  }

  /** The latency that a share of all do not exceed, in milliseconds. @throws RangeError when there is none. */
  percentile(share: number): number {
    const wanted = Math.ceil(this.#count * share);
    if (wanted === 0) {
      throw new RangeError('There is no percentile of nothing.');
    }
    let seen = 0;
    const place = this.#counts.findIndex((count) => (seen += count) >= wanted);
    return place / 1_000;
  }
}
