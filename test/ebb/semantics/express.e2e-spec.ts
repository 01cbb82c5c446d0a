import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endServices } from '../support/service.js';
import { Served, statusesOf } from './compare.js';
import { SUBJECTS } from './subjects.js';

let stock: Served;
let fast: Served;

beforeAll(async () => {
  [stock, fast] = await Promise.all([Served.start('stock', 'express'), Served.start('fast', 'express')]);
});
afterAll(endServices);

describe.each(SUBJECTS['express'] ?? [])('the adapter answers as Express: $title', ({ rows }) => {
  it.each(rows)('$name', async (row) => {
    const [expected, answered] = await Promise.all([stock.accountsOf(row), fast.accountsOf(row)]);
    expect(statusesOf(expected)).toEqual(Object.keys(row.forms).map(() => row.status));
    expect(answered).toEqual(expected);
  });
});
