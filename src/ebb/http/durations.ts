/**
 * Upper ends of the buckets, in seconds, but for the last one, which has none.
 *
 * @see OpenTelemetry, "Semantic Conventions for HTTP Metrics", http.server.request.duration
 */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

/** How long requests took. Numbers in an array, so that a request pays next to nothing; read when somebody scrapes. */
export class Durations {
  /** How many requests took as long as each bucket says, and no less; the last one is of those that took longer than all. */
  readonly counts: number[] = Array.from({ length: BUCKETS.length + 1 }, () => 0);
  /** Of all of them, in seconds. */
  sum = 0;

  /** Counts one. */
  observe(seconds: number): void {
    this.sum += seconds;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? Infinity)) {
      bucket += 1;
    }
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }
}
