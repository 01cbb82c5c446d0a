/** What a bench has measured, as it is written to `bench.json`. */
import type { Noise } from './noise/noise.js';
import type { Machine } from './processes/machine.js';

export const MEASUREMENTS = ['requests', 'start', 'memory', 'exit', 'rollout', 'image'] as const;

export type MeasurementName = (typeof MEASUREMENTS)[number];

/** One figure of a measurement, for the table and the picture. */
export interface Column {
  readonly key: string;
  readonly title: string;
  readonly unit: '1/s' | 'ms' | 'µs' | 'bytes' | 'share' | 'count';
  /** Which of two is the better one; what is neither is no ratio either. */
  readonly better?: 'more' | 'less';
}

/** What one slice has measured of one subject. */
export interface Sample {
  readonly subject: string;
  readonly round: number;
  /** What else is told apart: how many connections were open, for instance. Compared is what is the same here. */
  readonly case?: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly noise?: Noise;
  readonly disturbedBy?: readonly string[];
}

export interface Measured {
  readonly name: MeasurementName;
  readonly title: string;
  /** How it was measured, in sentences, and what is to be known of these very figures. */
  readonly notes: readonly string[];
  readonly columns: readonly Column[];
  readonly samples: readonly Sample[];
  /** Answers that each subject gave, in the warm-up and in slices that were thrown away too. */
  readonly totals?: Readonly<Record<string, number>>;
}

export interface BenchResult {
  readonly startedAt: string;
  readonly tookMs: number;
  readonly machine: Machine;
  readonly command: string;
  /** Whether a disturbed slice is among the samples. */
  readonly noisy: boolean;
  /** How many slices were thrown away, or kept with `--allow-noise`. */
  readonly disturbed: number;
  readonly subjects: readonly { readonly name: string; readonly title: string }[];
  readonly measured: readonly Measured[];
}
