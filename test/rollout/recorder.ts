import type { Failure, KindRecord } from './result.js';

interface Kind {
  readonly kind: string;
  requests: number;
  failed: number;
  slowestMs: number;
}

/** Counts what clients were answered, by kind of client and by pod. */
export class Recorder {
  readonly failures: Failure[] = [];
  readonly #kinds = new Map<string, Kind>();
  readonly #answeredPerSecond = new Map<string, number[]>();
  #total = 0;

  constructor(private readonly now: () => number) {}

  get total(): number {
    return this.#total;
  }

  /** Every kind of client that has asked anything. */
  get kinds(): KindRecord[] {
    return [...this.#kinds.values()];
  }

  /** By whole second of the run. */
  answeredPerSecond(pod: string): readonly number[] {
    return this.#answeredPerSecond.get(pod) ?? [];
  }

  /** Fixes the order of {@link kinds}. */
  expect(kind: string): void {
    this.#kind(kind);
  }

  answered(kind: string, pod: string, tookMs: number): void {
    const counts = this.#count(kind);
    counts.slowestMs = Math.max(counts.slowestMs, tookMs);
    const perSecond = this.#answeredPerSecond.get(pod) ?? [];
    const second = Math.floor(this.now() / 1_000);
    while (perSecond.length <= second) {
      perSecond.push(0);
    }
    perSecond[second] = (perSecond[second] ?? 0) + 1;
    this.#answeredPerSecond.set(pod, perSecond);
  }

  failed(kind: string, pod: string | undefined, reason: string): void {
    this.#count(kind).failed += 1;
    this.failures.push({ atMs: this.now(), kind, reason, ...(pod === undefined ? {} : { pod }) });
  }

  #count(kind: string): Kind {
    this.#total += 1;
    const counts = this.#kind(kind);
    counts.requests += 1;
    return counts;
  }

  #kind(kind: string): Kind {
    const counts = this.#kinds.get(kind) ?? { kind, requests: 0, failed: 0, slowestMs: 0 };
    this.#kinds.set(kind, counts);
    return counts;
  }
}
