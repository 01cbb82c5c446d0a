import type { Column } from '../result.js';
import type { Summary } from '../statistics.js';

const MEGABYTE = 1_000_000;

const FORMATS: Readonly<Record<Column['unit'], (value: number) => string>> = {
  '1/s': whole,
  count: whole,
  ms: (value) => `${value < 10 ? value.toFixed(2) : whole(value)} ms`,
  µs: (value) => `${value.toFixed(1)} µs`,
  share: (value) => `${whole(value * 100)} %`,
  bytes: (value) => (value < MEGABYTE ? `${whole(value)} B` : `${(value / MEGABYTE).toFixed(1)} MB`),
};

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A figure with as many places as can be told apart. */
export function figure(value: number, unit: Column['unit']): string {
  return FORMATS[unit](value);
}

/** `2.53 [2.36–2.76]`. */
export function ratio({ median, lower, upper }: Summary): string {
  return `${median.toFixed(2)} [${lower.toFixed(2)}–${upper.toFixed(2)}]`;
}
