import { type Drawing, drawHeading, drawLabel } from './picture-label.js';
import { type TimeScale, drawFailures } from './picture-marks.js';
import { type Markup, count, markup } from './picture-markup.js';
import { roundUp } from './picture-rate.js';
import type { ConnectionsRecord, Opening } from '../connections/record.js';
import type { Failure, RolloutResult } from '../load/result.js';

const HEIGHT = 34;
const GAP = 12;

/** How many connections there were, from a moment on. */
type Level = readonly [atMs: number, connections: number];

interface Area {
  readonly kind: ConnectionsRecord['kind'];
  readonly openings: readonly Opening[];
}

/** How many clients were connected to each pod, at each moment: a row for each pod that any ever was, all to the same scale. */
export function drawConnections({ connections = [], pods }: RolloutResult, x: TimeScale): Drawing[] {
  const areas = connections.map(({ kind, clients }) => ({ kind, openings: clients.flatMap((one) => one.openings) }));
  const names = [...pods.map(({ name }) => name), undefined];
  const rows = names.flatMap((name) => {
    const row = areas.map(({ kind, openings }) => ({ kind, openings: openings.filter(({ pod }) => pod === name) }));
    return row.some(({ openings }) => openings.length > 0) ? [{ name: name ?? 'pod not known', row }] : [];
  });
  if (rows.length === 0) {
    return [];
  }
  const top = roundUp(
    rows.map(({ row }) => levelsOf(row.flatMap(({ openings }) => openings)).map(([, level]) => level)),
  );
  return [
    drawHeading('connections', `height: ${count(top)} each`),
    ...rows.map(({ name, row }) => drawRow(name, row, top, x)),
  ];
}

function drawRow(name: string, areas: readonly Area[], top: number, x: TimeScale): Drawing {
  const most = areas.map(({ kind, openings }) => {
    return `${count(Math.max(0, ...levelsOf(openings).map(([, level]) => level)))} ${kind}`;
  });
  const label = drawLabel([
    ['name', name],
    ['fact', `at most ${most.join(', ')}`],
  ]);
  // Each is drawn over the one before it, which is it and all that follow.
  const drawn = areas.map(({ kind }, index) => {
    const levels = levelsOf(areas.slice(index).flatMap(({ openings }) => openings));
    return drawLevels(levels, kind, top, x);
  });
  const base = markup`<path class="base" d="M${x(0)} ${HEIGHT}H${x(Infinity)}"/>`;
  const cuts = drawFailures(areas.flatMap(cutsOf), x, HEIGHT, HEIGHT);
  return {
    height: HEIGHT + GAP,
    content: markup`<g class="connections">${label.content}${base}${drawn}${cuts}</g>`,
  };
}

function drawLevels(levels: readonly Level[], kind: string, top: number, x: TimeScale): Markup {
  const steps = levels.map(([atMs, level]) => markup`H${x(atMs)}V${HEIGHT * (1 - level / top)}`);
  return markup`<path class="${kind}" d="M${x(0)} ${HEIGHT}${steps}V${HEIGHT}Z"/>`;
}

function levelsOf(openings: readonly Opening[]): Level[] {
  const changes = openings.flatMap(({ fromMs, toMs }) => [[fromMs, 1] as const, [toMs, -1] as const]);
  let level = 0;
  return changes
    .toSorted(([a], [b]) => a - b)
    .map(([atMs, change]) => {
      level += change;
      return [atMs, level];
    });
}

function cutsOf({ kind, openings }: Area): Failure[] {
  return openings
    .filter(({ end }) => end === 'cut')
    .map(({ toMs, detail = '' }) => ({ atMs: toMs, kind, reason: `${kind} cut (${detail})` }))
    .toSorted((a, b) => a.atMs - b.atMs);
}
