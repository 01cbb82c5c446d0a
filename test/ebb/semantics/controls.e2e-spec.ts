/** Adapters with a mistake each: what the comparison is worth. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endServices } from '../support/service.js';
import { Served } from './compare.js';
import { SUBJECTS } from './subjects.js';
import type { Row } from './row.js';

interface Mistake {
  /** Of `wrong-adapters.ts`. */
  readonly side: string;
  readonly table: 'express' | 'nest';
  readonly subject: string;
  /** Rows that find it. */
  readonly found: readonly string[];
  /** Rows of the same table that it has nothing to do with. */
  readonly innocent: readonly string[];
}

const MISTAKES: readonly Mistake[] = [
  {
    side: 'forgets the charset',
    table: 'nest',
    subject: 'values of handlers',
    found: ['object, etag off', 'POST, etag off'],
    innocent: ['string, etag off', 'null, etag off'],
  },
  {
    side: 'counts characters',
    table: 'nest',
    subject: 'values of handlers',
    found: ['object, etag off'],
    innocent: ['empty-object, etag off', 'number, etag off'],
  },
  {
    side: 'ignores a content type',
    table: 'nest',
    subject: 'decorators',
    found: ['type-vendor, etag off', 'type, etag off'],
    innocent: ['header, etag off', 'type-of-text, etag off'],
  },
  {
    side: 'optimizes empty requests',
    table: 'express',
    subject: 'events of a request with no body, closed',
    found: ['end alone', 'close alone', 'its state at all times', 'the signal of it'],
    innocent: ['nobody listens', 'error alone'],
  },
];

function rowOf({ table, subject }: Mistake, name: string): Row {
  const row = SUBJECTS[table]
    ?.find(({ title }) => title === subject)
    ?.rows.find((candidate) => candidate.name === name);
  if (row === undefined) {
    throw new Error(`There is no row "${name}" in "${subject}" of ${table}`);
  }
  return row;
}

describe.each(MISTAKES)('an adapter that $side', (mistake) => {
  let stock: Served;
  let wrong: Served;

  beforeAll(async () => {
    [stock, wrong] = await Promise.all([
      Served.start('stock', mistake.table),
      Served.start(mistake.side, mistake.table),
    ]);
  });
  afterAll(endServices);

  it.each(mistake.found)('is found by "%s"', async (name) => {
    const row = rowOf(mistake, name);
    expect(await wrong.accountsOf(row)).not.toEqual(await stock.accountsOf(row));
  });

  it.each(mistake.innocent)('is not suspected by "%s"', async (name) => {
    const row = rowOf(mistake, name);
    expect(await wrong.accountsOf(row)).toEqual(await stock.accountsOf(row));
  });
});
