/** A counter that was read: how many requests a pod had answered by then. */
export interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** How many were answered from the first sample to the last. A counter that falls began anew: the container did. */
export function servedBetween(samples: readonly Sample[]): number {
  return increases(samples).reduce((sum, { count }) => sum + count, 0);
}

/** The same by whole second of the run: what came between two samples is spread evenly over the time between them. */
export function perSecond(samples: readonly Sample[]): number[] {
  const seconds = Array.from({ length: Math.ceil((samples.at(-1)?.atMs ?? 0) / 1_000) }, () => 0);
  for (const { fromMs, toMs, count } of increases(samples)) {
    for (let second = Math.floor(fromMs / 1_000); second * 1_000 < toMs; second += 1) {
      const overlapMs = Math.min(toMs, (second + 1) * 1_000) - Math.max(fromMs, second * 1_000);
      seconds[second] = (seconds[second] ?? 0) + (count * overlapMs) / (toMs - fromMs);
    }
  }
  return seconds.map(Math.round);
}

function increases(samples: readonly Sample[]): { fromMs: number; toMs: number; count: number }[] {
  return samples.slice(1).map(({ atMs, total }, index) => {
    const before = samples[index] ?? { atMs, total };
    return { fromMs: before.atMs, toMs: atMs, count: total < before.total ? total : total - before.total };
  });
}
