import { describe, expect, it } from '@jest/globals';
import type { BenchResult, Measured, Sample } from '../result.js';
import { drawPage } from './page.js';
import { rowsOf } from './rows.js';
import { drawTables } from './table.js';

const SUBJECTS = [
  { name: 'stock', title: 'Nest + Express, stock' },
  { name: 'ebb', title: 'Ebb <fast>' },
];

function measured(samples: readonly Sample[]): Measured {
  return {
    name: 'requests',
    title: 'Requests',
    notes: ['As it was measured.'],
    columns: [
      { key: 'perSecond', title: 'requests/s', unit: '1/s', better: 'more' },
      { key: 'clientShare', title: 'client', unit: 'share' },
      { key: 'nobodyHasIt', title: 'absent', unit: 'ms' },
    ],
    samples,
  };
}

const sample = (subject: string, round: number, perSecond: number, one?: string): Sample => ({
  subject,
  round,
  figures: { perSecond, clientShare: 0.5 },
  ...(one === undefined ? {} : { case: one }),
});

/** A machine that was half as fast in its second round. */
const SAMPLES = [
  sample('stock', 0, 1_000),
  sample('ebb', 0, 2_000),
  sample('stock', 1, 500),
  sample('ebb', 1, 1_000),
  sample('stock', 2, 1_000),
  sample('ebb', 2, 2_500),
];

function result(samples: readonly Sample[], noisy = false): BenchResult {
  return {
    startedAt: '2026-01-02T03:04:05.000Z',
    tookMs: 61_000,
    machine: {
      cores: 2,
      model: 'A, x64',
      memoryBytes: 1,
      kernel: '6',
      node: 'v24.1.0',
      openFiles: 1_000,
      pinned: true,
    },
    command: 'npm run bench --',
    noisy,
    disturbed: 0,
    subjects: SUBJECTS,
    measured: [measured(samples)],
  };
}

describe('the rows of a measurement', () => {
  it('compare within a round, so that a slow round is slow for both', () => {
    const [stock, ebb] = rowsOf(measured(SAMPLES), SUBJECTS);
    expect(ebb?.cells[0]?.value).toMatchObject({ median: 2_000, count: 3 });
    expect(ebb?.cells[0]?.ratio).toEqual({ median: 2, lower: 2, upper: 2.25, count: 3 });
    expect(stock?.cells[0]?.ratio).toBeUndefined();
  });

  it('compare nothing that is neither good nor bad, and nothing of another case or round', () => {
    const [, ebb] = rowsOf(measured(SAMPLES), SUBJECTS);
    expect(ebb?.cells[1]?.ratio).toBeUndefined();
    const apart = [sample('stock', 0, 1_000, 'a'), sample('ebb', 0, 2_000, 'b'), sample('ebb', 1, 2_000, 'a')];
    expect(rowsOf(measured(apart), SUBJECTS).flatMap(({ cells }) => cells.flatMap(({ ratio }) => ratio ?? []))).toEqual(
      [],
    );
  });
});

describe('the table', () => {
  it('has median and ratio of each subject, and no column without figures', () => {
    const table = drawTables(result(SAMPLES));
    expect(table).toMatch(/^Nest \+ Express, stock +1,000 +50 %$/m);
    expect(table).toMatch(/^Ebb <fast> +2,000  2\.00 \[2\.00–2\.25\] +50 %$/m);
    expect(table).not.toContain('absent');
    expect(table).toContain('2026-01-02, 2 cores of A, x64, server and client on a core each, Node 24.1.0, 61 s');
    expect(table).not.toContain('noisy');
  });

  it('says of a noisy run with each part of it that it is', () => {
    expect(drawTables(result(SAMPLES, true)).match(/^noisy: do not use$/gm)).toHaveLength(2);
  });
});

describe('the page', () => {
  it('draws a bar for each subject, the one as long as its figure, and escapes what it is given', () => {
    const page = drawPage(result(SAMPLES));
    const bars = [...page.matchAll(/<rect class="(\w+)"[^>]* width="([\d.]+)"/g)];
    expect(bars.map(([, role]) => role)).toEqual(['reference', 'ebb']);
    const [short, long] = bars.map(([, , width]) => Number(width));
    expect((long ?? 0) / (short ?? 0)).toBeCloseTo(2, 1);
    expect(page).toContain('Ebb &#60;fast&#62;');
    expect(page).toContain('2.00 ×');
    expect(page).not.toContain('noisy');
    expect(drawPage(result(SAMPLES, true))).toContain('noisy: do not use');
  });

  it('is whole where there is nothing to compare with', () => {
    const page = drawPage(result([sample('ebb', 0, 0)]));
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});
