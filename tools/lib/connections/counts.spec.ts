import { describe, expect, it } from '@jest/globals';
import { COUNTED, countsOf, troublesOf } from './counts.js';
import type { ConnectedClient, ConnectionEnd, ConnectionsRecord, Opening } from './record.js';

const opening = (pod: string | undefined, fromMs: number, end?: ConnectionEnd): Opening => ({
  fromMs,
  toMs: fromMs + 50,
  ...(pod === undefined ? {} : { pod }),
  ...(end === undefined ? {} : { end }),
});

const client = (openings: readonly Opening[], changes: Partial<ConnectedClient> = {}): ConnectedClient => ({
  openings,
  refusals: [],
  gaps: 0,
  repliesLost: 0,
  isBack: true,
  ...changes,
});

/** Opened at these times. */
const at = (...times: number[]) => client(times.map((fromMs) => opening('a', fromMs, 'cut')));

const record = (clients: readonly ConnectedClient[], hasSequence = true): ConnectionsRecord => ({
  kind: 'sockets',
  hasSequence,
  clients,
});

describe('what is counted of clients that stay connected', () => {
  it('are connections that went on at another pod, and how each ended', () => {
    const counts = countsOf(
      record([
        client([opening('old-1', 0, 'told'), opening('old-2', 100, 'told'), opening('new-1', 900)]),
        client([opening('old-1', 0, 'cut'), opening('new-1', 1_000)]),
        client([opening('old-1', 0, 'closed'), opening('old-1', 1_500)]),
      ]),
    );
    expect(counts).toMatchObject({ clients: 3, moved: 3, told: 2, cut: 1, closed: 1, returned: 0 });
  });

  it('are those that came back to a pod that had told them to go, and the most of one client to one pod', () => {
    const twice = [opening('a', 0, 'told'), opening('a', 100, 'told'), opening('b', 200, 'told'), opening('a', 300)];
    const once = [opening('b', 0, 'told'), opening('b', 500, 'told'), opening('c', 900)];
    const afterCut = [opening('c', 0, 'cut'), opening('c', 100)];
    expect(countsOf(record([client(twice), client(once), client(afterCut)]))).toMatchObject({
      returned: 3,
      mostReturns: 2,
    });
  });

  it('say nothing of moves where the pod is not known', () => {
    const unknown = [opening(undefined, 0, 'told'), opening(undefined, 100)];
    expect(countsOf(record([client(unknown)]))).toMatchObject({ moved: 0, returned: 0, told: 1 });
  });

  it('are the most that came back within 100 ms, first connections aside', () => {
    expect(countsOf(record([at(0), at(1), at(2)])).rush).toBe(0);
    expect(countsOf(record([at(0, 1_000), at(0, 1_060), at(0, 1_099), at(0, 1_120), at(0, 1_300)])).rush).toBe(3);
    expect(countsOf(record([at(0, 1_000), at(0, 1_100)])).rush).toBe(1);
  });

  it('are gaps and lost replies only where the service takes part', () => {
    const one = client([], { gaps: 2, repliesLost: 3 });
    expect(countsOf(record([one, one]))).toMatchObject({ gaps: 4, repliesLost: 6 });
    expect(countsOf(record([one], false))).toMatchObject({ gaps: undefined, repliesLost: undefined });
  });

  it('all have words but for one, which is judged and not shown', () => {
    const shown = new Set<string>(COUNTED.map(([key]) => key));
    expect(Object.keys(countsOf(record([]))).filter((key) => !shown.has(key))).toEqual(['mostReturns']);
  });
});

describe('what went wrong', () => {
  it('is nothing where clients were told, or refused for a while', () => {
    const refusals = [{ atMs: 60, reason: '503', isForGood: false }];
    const told = client([opening('old-1', 0, 'told'), opening('new-1', 900)], { refusals });
    expect(troublesOf(record([told]))).toEqual([]);
  });

  it('is whoever was cut, refused for good, missed something or is not back', () => {
    const refusals = [{ atMs: 60, reason: '503', isForGood: true }];
    const lost = client([opening('old-1', 0, 'cut')], { refusals, isBack: false, gaps: 2, repliesLost: 1 });
    expect(troublesOf(record([lost]))).toEqual([
      '1 socket was cut',
      '1 socket was refused for good',
      '2 gaps in the sequences of sockets',
      '1 reply lost',
      '1 socket was not back at the end',
    ]);
    expect(troublesOf(record([lost, lost]))).toContain('2 sockets were cut');
  });
});
