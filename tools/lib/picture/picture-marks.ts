import { type Markup, clock, count, groupBy, markup } from './picture-markup.js';
import type { Failure, PodMoment } from '../load/result.js';

/** Where a time is on the x axis. */
export type TimeScale = (atMs: number) => number;

/** What is labelled where there is room for some only, the most telling first. */
const TELLING = [
  'SIGKILL',
  'shutdown.forced',
  'restarted',
  'exit',
  'SIGTERM',
  'deleted',
  'gone',
  'listener.closed',
  'requests.drained',
  'lame-duck.over',
  'not ready',
  'ready',
  'endpoints.forgot',
];
/** Each happens together with one that is labelled, or begins the bar; they are ticks with a tooltip. */
const UNLABELLED = new Set(['created', 'startup.complete', 'shutdown.initiated', 'shutdown.complete']);

const ROWS = 4;
const ROW_HEIGHT = 13;
const TICK_HEIGHT = 5;
/** Of the label's characters in a wide font, as there is no font at hand to measure. */
const CHARACTER_WIDTH = { capital: 7.2, other: 5.7 };
/** Ticks closer than this cannot be pointed at one by one, so they share their tooltip. */
const POINTER_WIDTH = 6;
/** As wide as the longest count it shows, `9,999`; a longer one is cut to thousands. */
const FLAG = { width: 40, height: 17 };

/**
 * Ticks that hang from `top`, each with its name beside its lower end, and the height all of it takes. The first `crossed`
 * of it is what they run across to be compared with; they are as much longer.
 */
export function drawMoments(
  moments: readonly PodMoment[],
  isBad: (moment: PodMoment) => boolean,
  x: TimeScale,
  top: number,
  crossed: number,
): { readonly content: Markup; readonly height: number } {
  const rowOf = placeLabels(moments, x);
  const ticks = moments.map((moment) => {
    const at = x(moment.atMs);
    const row = rowOf.get(moment);
    const bottom = top + crossed + TICK_HEIGHT + (row === undefined ? 0 : row * ROW_HEIGHT + ROW_HEIGHT - 3);
    const label = row === undefined ? [] : [markup`<text x="${at + 3}" y="${bottom}">${moment.name}</text>`];
    const together = moments.filter((other) => Math.abs(x(other.atMs) - at) < POINTER_WIDTH);
    return markup`<g class="moment${isBad(moment) ? ' bad' : ''}"><title>${together.map(describe).join('\n')}</title><path d="M${at} ${top}V${bottom}"/>${label}</g>`;
  });
  const rows = Math.max(-1, ...rowOf.values()) + 1;
  return { content: markup`${ticks}`, height: crossed + TICK_HEIGHT + ROW_HEIGHT * rows };
}

function describe({ atMs, name, detail }: PodMoment): string {
  return `${clock(atMs)}  ${name}${detail ? `: ${detail}` : ''}`;
}

function rank({ name }: PodMoment): number {
  return TELLING.includes(name) ? TELLING.indexOf(name) : TELLING.length;
}

/** Hangs them up, the most telling first, but for those that there is no room for beside the others. */
function placeLabels(moments: readonly PodMoment[], x: TimeScale): Map<PodMoment, number> {
  const wanted = moments.filter(({ name }) => !UNLABELLED.has(name)).toSorted((a, b) => rank(a) - rank(b));
  let placed = new Map<PodMoment, number>();
  for (const moment of wanted) {
    const tried = hangLabels([...placed.keys(), moment], x);
    if (Math.max(...tried.values()) < ROWS) placed = tried;
  }
  return placed;
}

/**
 * From right to left, each in the first row that is free from there on. A tick takes its place in every row it passes, so an
 * earlier label hangs lower than the later ones it would run into, and no tick ever crosses a text.
 */
function hangLabels(moments: readonly PodMoment[], x: TimeScale): Map<PodMoment, number> {
  const takenFrom: number[] = [];
  const rowOf = new Map<PodMoment, number>();
  for (const moment of moments.toSorted((a, b) => a.atMs - b.atMs).toReversed()) {
    const from = x(moment.atMs);
    const end = from + 6 + textWidth(moment.name);
    const free = takenFrom.findIndex((taken) => end <= taken);
    const row = free === -1 ? takenFrom.length : free;
    for (let passed = 0; passed <= row; passed += 1) takenFrom[passed] = from;
    rowOf.set(moment, row);
  }
  return rowOf;
}

function textWidth(text: string): number {
  const capitals = text.match(/[A-Z]/g)?.length ?? 0;
  return capitals * CHARACTER_WIDTH.capital + (text.length - capitals) * CHARACTER_WIDTH.other;
}

/**
 * A flag with a count for all failures that a flag's width covers, and a band over the time they took: however many
 * there are, a lane holds only as many flags as fit side by side.
 */
export function drawFailures(
  failures: readonly Failure[],
  x: TimeScale,
  bandHeight: number,
  poleHeight: number,
): Markup[] {
  return gather(failures, x).map(({ firstMs, lastMs, members }) => {
    const from = x(firstMs);
    const text = members.length > 9_999 ? `${Math.floor(members.length / 1000)}k` : count(members.length);
    const title = `${count(members.length)} failed, ${clock(firstMs)} to ${clock(lastMs)}: ${tally(members)}`;
    return markup`<g class="failed"><title>${title}</title>
<rect class="band" x="${from - 1}" y="0" width="${x(lastMs) - from + 2}" height="${bandHeight}"/><path d="M${from} 0V${poleHeight}"/>
<rect x="${from}" y="0" width="${FLAG.width - 4}" height="${FLAG.height}"/><text x="${from + FLAG.width / 2 - 2}" y="13">${text}</text></g>`;
  });
}

/** `30 ECONNRESET, 7 ECONNREFUSED`. */
function tally(failures: readonly Failure[]): string {
  return [...groupBy(failures, ({ reason }) => reason)]
    .map(([reason, { length }]) => `${count(length)} ${reason}`)
    .join(', ');
}

interface Gathered {
  readonly firstMs: number;
  lastMs: number;
  readonly members: Failure[];
}

function gather(failures: readonly Failure[], x: TimeScale): Gathered[] {
  const all: Gathered[] = [];
  for (const failure of failures) {
    const current = all.at(-1);
    if (current && x(failure.atMs) - x(current.firstMs) < FLAG.width) {
      current.lastMs = failure.atMs;
      current.members.push(failure);
    } else all.push({ firstMs: failure.atMs, lastMs: failure.atMs, members: [failure] });
  }
  return all;
}
