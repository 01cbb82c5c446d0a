import { describe, expect, it } from '@jest/globals';
import { orderOf, quantile, summarize } from './statistics.js';

describe('a summary', () => {
  it('has the median and the quartiles, whatever the order', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ median: 3, lower: 2, upper: 4, count: 5 });
  });

  it('lies between two values where none is in the middle', () => {
    expect(summarize([1, 2, 3, 10])).toEqual({ median: 2.5, lower: 1.75, upper: 4.75, count: 4 });
  });

  it('of one value is that value', () => {
    expect(summarize([7])).toEqual({ median: 7, lower: 7, upper: 7, count: 1 });
  });

  it('of nothing is refused, and not taken for zero', () => {
    expect(() => summarize([])).toThrow('There is no quantile of nothing.');
  });

  it('is not moved by one value that is far off', () => {
    expect(summarize([1, 1, 1, 1, 1_000]).median).toBe(1);
  });

  it('sorts by number and not by text', () => {
    expect(quantile([9, 10, 100], 0.5)).toBe(10);
  });
});

describe('the order of a round', () => {
  const subjects = ['a', 'b', 'c'];

  it('holds everybody once in each', () => {
    for (let round = 0; round < 7; round += 1) {
      expect(orderOf(subjects, round).toSorted()).toEqual(subjects);
    }
  });

  it('lets everybody come first, and nobody always after the same one', () => {
    const orders = Array.from({ length: 6 }, (_, round) => orderOf(subjects, round));
    expect(new Set(orders.map(([first]) => first))).toEqual(new Set(subjects));
    const pairs = orders.flatMap((order) => order.slice(1).map((one, index) => `${order[index]}${one}`));
    expect(new Set(pairs).size).toBe(6);
  });
});
