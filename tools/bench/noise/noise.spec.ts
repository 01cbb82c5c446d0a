import { describe, expect, it } from '@jest/globals';
import { type ProcessTimes, readMachineTimes, readTimes } from '../processes/proc.js';
import { LIMITS, type Moment, type Noise, disturbances, noiseBetween } from './noise.js';
import { Quiet } from './quiet.js';

const ROOT = 100;

const QUIET = { othersShare: 0, stolenShare: 0, spinRatio: 1 };
const LOUD = { othersShare: 0.5, stolenShare: 0, spinRatio: 1 };

type Row = readonly [pid: number, parent: number, ownMs: number, goneChildrenMs?: number];

/** The shell 1, the bench 100, its server 200, a neighbour 300. */
function moment(atMs: number, rows: readonly Row[], busyMs = 0, stolenMs = 0): Moment {
  const processes = rows.map(([pid, parent, ownMs, goneChildrenMs = 0]): [number, ProcessTimes] => [
    pid,
    { parent, ownMs, goneChildrenMs },
  ]);
  return { atMs, machine: { busyMs, stolenMs }, processes: new Map(processes) };
}

const between = (before: Moment, after: Moment) => noiseBetween(before, after, 1, ROOT);

/** Takes these one after the other. */
function taking(noises: readonly Noise[]): () => Promise<{ readonly value: number; readonly noise: Noise }> {
  let taken = 0;
  return () => {
    const noise = noises[taken] ?? QUIET;
    taken += 1;
    return Promise.resolve({ value: taken, noise });
  };
}

describe('what is seen beside the measured processes', () => {
  it('is nothing where only the bench and what it has started did anything', () => {
    const before = moment(0, [
      [1, 0, 50],
      [ROOT, 1, 10],
      [200, ROOT, 0],
      [201, 200, 0],
    ]);
    const after = moment(
      1_000,
      [
        [1, 0, 50],
        [ROOT, 1, 110],
        [200, ROOT, 900],
        [201, 200, 300],
      ],
      1_300,
    );
    expect(between(before, after).othersShare).toBe(0);
  });

  it('is the time of a neighbour, as a share of one core', () => {
    const before = moment(0, [
      [1, 0, 0],
      [ROOT, 1, 0],
      [300, 1, 1_000],
    ]);
    const after = moment(1_000, [
      [1, 0, 0],
      [ROOT, 1, 500],
      [300, 1, 1_520],
    ]);
    expect(between(before, after).othersShare).toBeCloseTo(0.5);
  });

  it('has a neighbour that ended, and one that was there for the slice alone', () => {
    const before = moment(0, [
      [1, 0, 0],
      [ROOT, 1, 0],
      [300, 1, 60_000],
    ]);
    // The first had 200 ms more before it ended, the second 320: their parent has them now.
    const after = moment(1_000, [
      [1, 0, 0, 60_520],
      [ROOT, 1, 0],
    ]);
    expect(between(before, after).othersShare).toBeCloseTo(0.5);
  });

  it('has what lives outside of this container, of which the machine’s times alone tell', () => {
    const before = moment(0, [[ROOT, 1, 0]], 10_000);
    const after = moment(1_000, [[ROOT, 1, 400]], 10_920);
    expect(between(before, after).othersShare).toBeCloseTo(0.5);
  });

  it('has what the hypervisor took', () => {
    const [before, after] = [moment(0, [[ROOT, 1, 0]], 0, 500), moment(1_000, [[ROOT, 1, 0]], 0, 620)];
    expect(between(before, after).stolenShare).toBeCloseTo(0.1);
  });

  it('is not two steps of the counters in a short slice', () => {
    const before = moment(
      0,
      [
        [ROOT, 1, 0],
        [300, 1, 0],
      ],
      0,
      0,
    );
    const after = moment(
      200,
      [
        [ROOT, 1, 0],
        [300, 1, 20],
      ],
      20,
      20,
    );
    expect(disturbances(between(before, after))).toEqual([]);
  });
});

describe('a slice', () => {
  it('is quiet up to the limits', () => {
    expect(disturbances(LIMITS)).toEqual([]);
  });

  it.each([
    [{ ...QUIET, othersShare: 0.123 }, 'other processes used 12.3 % of a core (limit 5.0 %)'],
    [{ ...QUIET, stolenShare: 0.03 }, 'the hypervisor took 3.0 % of a core (limit 2.0 %)'],
    [{ ...QUIET, spinRatio: 1.5 }, 'a fixed piece of work took 1.50 times as long as before (limit 1.15)'],
  ])('is disturbed above them: %j', (noise, message) => {
    expect(disturbances(noise)).toEqual([message]);
  });
});

describe('what the kernel says', () => {
  it('is read of a process whose name has spaces and brackets', () => {
    const line = '42 (a ) b) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 11 0 100';
    expect(readTimes(line)).toEqual({ parent: 7, ownMs: 2_000, goneChildrenMs: 500 });
  });

  it('is read of the machine, without interrupts and idle time', () => {
    const text = 'cpu  100 20 30 9999 8 7 6 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n';
    expect(readMachineTimes(text)).toEqual({ busyMs: 1_500, stolenMs: 50 });
  });
});

describe('a measurement', () => {
  it('is repeated when it was disturbed, and what was is thrown away', async () => {
    const quiet = new Quiet(false, 5, 0);
    expect(await quiet.measure(taking([LOUD, LOUD, QUIET]))).toEqual({ value: 3, noise: QUIET, disturbedBy: [] });
    expect(quiet.disturbed).toBe(2);
  });

  it('is given up when too many were disturbed, over all measurements, and says what was seen', async () => {
    const quiet = new Quiet(false, 2, 0);
    await quiet.measure(taking([LOUD]));
    await quiet.measure(taking([LOUD]));
    await expect(quiet.measure(taking([LOUD]))).rejects.toThrow(
      /too noisy: 3 of 5 slices were disturbed, and 2 may be.*other processes used 50.0 % of a core \(limit 5.0 %\).*--allow-noise/s,
    );
  });

  it('is kept with what disturbed it where noise is allowed', async () => {
    const quiet = new Quiet(true, 0, 0);
    const slice = await quiet.measure(taking([LOUD]));
    expect(slice).toMatchObject({ value: 1, disturbedBy: ['other processes used 50.0 % of a core (limit 5.0 %)'] });
    expect(quiet.disturbed).toBe(1);
  });
});
