import { describe, expect, it } from '@jest/globals';
import type { ConnectedClient, ConnectionKind, ConnectionsRecord, Opening } from '../connections/record.js';
import type { PodRecord } from '../load/result.js';
import { drawPicture } from './picture.js';

const pod = (generation: PodRecord['generation']): PodRecord => {
  return { name: `${generation}-1`, generation, phases: [], moments: [], served: 1, servedPerSecond: [1] };
};

function draw(connections?: readonly ConnectionsRecord[]): string {
  return drawPicture({
    service: 'ebb',
    target: 'processes',
    startedAt: '2026-02-11T09:14:03.512Z',
    durationMs: 10_000,
    settings: { replicas: 1, preStopMs: 1_000, graceMs: 60_000 },
    pods: [pod('old'), pod('new')],
    kinds: [{ kind: 'busy keep-alive', requests: 2, failed: 0, slowestMs: 41 }],
    answeredPerSecond: [2],
    failures: [],
    ...(connections === undefined ? {} : { connections }),
  });
}

const client = (openings: readonly Opening[]): ConnectedClient => {
  return { openings, refusals: [], gaps: 0, repliesLost: 0, isBack: true };
};

/** From the old pod to the new one. */
const moved = (end: 'told' | 'cut', backMs: number) =>
  client([
    { pod: 'old-1', fromMs: 0, toMs: 4_000, end, detail: '1006' },
    { pod: 'new-1', fromMs: backMs, toMs: 10_000 },
  ]);

const recordOf = (kind: ConnectionKind, clients: readonly ConnectedClient[]): ConnectionsRecord => {
  return { kind, hasSequence: true, clients };
};

/** The first group of a pattern, wherever it matches. */
const allOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

const rowsOf = (picture: string) => picture.split('<g class="connections">').slice(1);

const labelOf = (row: string) => allOf(row.split('<path')[0] ?? '', /<text [^>]*>([^<]*)</g);

/** The heights of an area's steps. */
const stepsOf = (row: string | undefined, kind: ConnectionKind) =>
  allOf(allOf(row ?? '', new RegExp(`class="${kind}" d="M\\S+ 34([^"]*)V34Z"`, 'g'))[0] ?? '', /V([\d.]+)/g);

const flagsOf = (row: string) => allOf(row, /class="failed">.*?<text[^>]*>([^<]*)<\/text>/gs);

describe('connections in the picture', () => {
  const picture = draw([
    recordOf('sockets', [moved('told', 5_000), moved('told', 6_000)]),
    recordOf('streams', [moved('told', 5_000)]),
  ]);
  const rows = rowsOf(picture);

  it('have a row for each pod that any was open to, and say how many at most', () => {
    expect(rows.map(labelOf)).toEqual([
      ['old-1', 'at most 2 sockets, 1 streams'],
      ['new-1', 'at most 2 sockets, 1 streams'],
    ]);
  });

  it('are drawn as steps, all to one scale, the sockets upon the streams', () => {
    // Of three connections, 34 high.
    expect(stepsOf(rows[0], 'sockets')).toEqual(['22.7', '11.3', '0', '11.3', '22.7', '34']);
    expect(stepsOf(rows[1], 'sockets')).toEqual(['22.7', '11.3', '0', '11.3', '22.7', '34']);
    expect(stepsOf(rows[1], 'streams')).toEqual(['22.7', '34']);
  });

  it('are counted in a table, and explained', () => {
    expect(picture).toContain('<td>connections moved to another pod</td><td>2</td><td>1</td>');
    expect(picture).toContain('<i class="sockets"></i>WebSockets');
    expect(picture).toContain('<i class="streams"></i>streams of events');
    expect(picture).toContain('<header class="went-well">');
  });

  it('that were cut are an alarm, with a flag where it was', () => {
    const cut = draw([recordOf('sockets', [moved('cut', 5_000), moved('cut', 5_500)])]);
    expect(cut).toContain('<header class="went-wrong">');
    expect(allOf(cut, /<p class="alarm">([^<]*)</g)).toEqual(['2 sockets were cut']);
    expect(rowsOf(cut).map(flagsOf)).toEqual([['2'], []]);
    expect(cut).toContain('4.000 s: 2 sockets cut (1006)');
    expect(cut).toContain('<td>cut</td><td class="bad">2</td>');
  });

  it('to an unknown pod have a row too, and where there were none there is nothing of them', () => {
    const unknown = draw([recordOf('streams', [client([{ fromMs: 0, toMs: 9_000 }])])]);
    expect(rowsOf(unknown).map(labelOf)).toEqual([['pod not known', 'at most 1 streams']]);
    expect(draw()).not.toMatch(/connections|connected/);
  });

  it('have numbers for coordinates', () => {
    expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  });
});
