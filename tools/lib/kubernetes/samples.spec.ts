import { describe, expect, it } from '@jest/globals';
import { perSecond, servedBetween } from './samples.js';

describe('a counter that is read now and then', () => {
  it('has counted what lies between the first and the last reading', () => {
    const samples = [
      { atMs: 100, total: 50 },
      { atMs: 600, total: 80 },
      { atMs: 1_100, total: 200 },
    ];
    expect(servedBetween(samples)).toBe(150);
  });

  it('began anew where it falls, and counts on from nothing', () => {
    const samples = [
      { atMs: 0, total: 90 },
      { atMs: 500, total: 100 },
      { atMs: 1_000, total: 4 },
    ];
    expect(servedBetween(samples)).toBe(14);
  });

  it('is spread evenly over the seconds between two readings, and loses nothing', () => {
    const samples = [
      { atMs: 500, total: 0 },
      { atMs: 2_500, total: 200 },
      { atMs: 3_000, total: 210 },
    ];
    expect(perSecond(samples)).toEqual([50, 100, 60]);
  });

  it('says nothing when it was read once, or never', () => {
    expect(perSecond([])).toEqual([]);
    expect(servedBetween([{ atMs: 900, total: 7 }])).toBe(0);
    expect(perSecond([{ atMs: 900, total: 7 }])).toEqual([0]);
  });
});
