import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endServices } from '../support/service.js';
import { Served, statusesOf } from './compare.js';
import { SUBJECTS } from './subjects.js';

/** Has the adapter answer every row of some tables, and stock beside it: byte for byte the same. */
export function compareAll(table: string): void {
  let stock: Served;
  let fast: Served;

  beforeAll(async () => {
    [stock, fast] = await Promise.all([Served.start('stock', table), Served.start('fast', table)]);
  });
  afterAll(endServices);

  describe.each(SUBJECTS[table] ?? [])('the adapter answers as stock: $title', ({ rows }) => {
    it.each(rows)('$name', async (row) => {
      const [expected, answered] = await Promise.all([stock.accountsOf(row), fast.accountsOf(row)]);
      // Two servers without the route would be the same.
      expect(statusesOf(expected)).toEqual(Object.keys(row.forms).map(() => row.status));
      expect(answered).toEqual(expected);
    });
  });
}
