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
  readonly #answeredPerSecond = new Map<string | undefined, number[]>();
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

  /** The same of all pods together, and of answers whose pod is not known. */
  get allAnsweredPerSecond(): number[] {
    const all: number[] = [];
    for (const counts of this.#answeredPerSecond.values()) {
      for (const [second, count] of counts.entries()) {
        all[second] = (all[second] ?? 0) + count;
      }
    }
    return Array.from(all, (count: number | undefined) => count ?? 0);
  }

  /** The slowest answer of all. */
  get slowestMs(): number {
    return Math.max(0, ...[...this.#kinds.values()].map(({ slowestMs }) => slowestMs));
  }

  /** Fixes the order of {@link kinds}. */
  expect(kind: string): void {
    this.#kind(kind);
  }

  /** `pod` is undefined where a Service chose it. */
  answered(kind: string, pod: string | undefined, tookMs: number): void {
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

  /** Takes in what somebody else counted. */
  add(others: readonly KindRecord[], failures: readonly Failure[]): void {
    for (const { kind, requests, failed, slowestMs } of others) {
      const counts = this.#kind(kind);
      counts.requests += requests;
      counts.failed += failed;
      counts.slowestMs = Math.max(counts.slowestMs, slowestMs);
      this.#total += requests;
    }
    this.failures.push(...failures);
    this.failures.sort((a, b) => a.atMs - b.atMs);
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
