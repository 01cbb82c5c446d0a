import { type Drawing, drawLabel, drawLane, drawRate } from './picture-lane.js';
import { type Markup, count, markup, plural } from './picture-markup.js';
import { type TimeScale, drawFailures } from './picture-marks.js';
import type { Failure, PodRecord, RolloutResult } from './result.js';

/** Requests per second, one number for each second of the run. */
type Rate = readonly number[];
type Generation = PodRecord['generation'];

const WIDTH = 1360;
/** What is right of it is room for the names of the last moments. */
const PLOT = { left: 250, right: 1268 };
const AXIS_HEIGHT = 30;
const TOTAL_HEIGHT = 80;

/** The time line: what all pods answered together, then a lane for each of them, all on the same x axis. */
export function drawChart(result: RolloutResult, summary: string): Markup {
  const x: TimeScale = (atMs) => {
    const share = Math.min(Math.max(atMs / Math.max(result.durationMs, 1), 0), 1);
    return PLOT.left + share * (PLOT.right - PLOT.left);
  };
  const rates = new Map(result.pods.map((pod) => [pod, rateOf(pod, result.durationMs)]));
  const topRate = roundUp([...rates.values()].flat());
  const failuresOn = (pod: PodRecord) => result.failures.filter((failure) => failure.pod === pod.name);
  const lanes = (generation: Generation) =>
    [...rates]
      .filter(([pod]) => pod.generation === generation)
      .map(([pod, rate]) => drawLane(pod, rate, topRate, failuresOn(pod), x));
  const names = new Set<string | undefined>(result.pods.map(({ name }) => name));

  const drawings = [
    drawTotal(rates, x),
    drawHeading('old generation', `height: ${count(topRate)} / s each`),
    ...lanes('old'),
    drawHeading('new generation'),
    ...lanes('new'),
    ...drawNoPod(
      result.failures.filter(({ pod }) => !names.has(pod)),
      x,
    ),
  ];
  const bottom = AXIS_HEIGHT + drawings.reduce((sum, { height }) => sum + height, 0);
  return markup`<svg viewBox="0 0 ${WIDTH} ${bottom + AXIS_HEIGHT}" role="img" aria-label="${summary}">
${drawGrid(result.durationMs, x, bottom)}
${stack(drawings)}</svg>`;
}

/** The last second of a run is seldom a whole one; below a fifth of it there is too little to tell a rate from. */
function rateOf({ servedPerSecond }: PodRecord, durationMs: number): Rate {
  return servedPerSecond.map((served, second) => served / Math.min(Math.max(durationMs / 1000 - second, 0.2), 1));
}

/** The next number above them all that is easy to read. */
function roundUp(values: Rate): number {
  const highest = Math.max(...values, 1);
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  return magnitude * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * magnitude >= highest) ?? 10);
}

function stack(drawings: readonly Drawing[]): Markup[] {
  let y = AXIS_HEIGHT;
  return drawings.map(({ height, content }) => {
    const moved = markup`<g transform="translate(0 ${y})">${content}</g>\n`;
    y += height;
    return moved;
  });
}

function drawGrid(durationMs: number, x: TimeScale, bottom: number): Markup[] {
  const step = [1, 2, 5, 10, 20, 30].find((seconds) => durationMs / 1000 / seconds <= 16) ?? 60;
  return Array.from({ length: Math.floor(durationMs / 1000 / step) + 1 }, (_, index) => {
    const at = x(index * step * 1000);
    const label = [16, bottom + 18].map((y) => markup`<text class="axis" x="${at}" y="${y}">${index * step} s</text>`);
    return markup`<path class="grid" d="M${at} 22V${bottom}"/>${label}`;
  });
}

function drawHeading(title: string, note = ''): Drawing {
  const content = markup`<text class="heading" x="0" y="13">${title}</text><text class="fact" x="112" y="13">${note}</text>`;
  return { height: 26, content };
}

function drawTotal(rates: ReadonlyMap<PodRecord, Rate>, x: TimeScale): Drawing {
  const sum = (...generations: readonly Generation[]): Rate => {
    const summed = [...rates].filter(([pod]) => generations.includes(pod.generation)).map(([, rate]) => rate);
    const seconds = Math.max(0, ...summed.map(({ length }) => length));
    return Array.from({ length: seconds }, (_, second) => summed.reduce((all, rate) => all + (rate[second] ?? 0), 0));
  };
  const total = sum('old', 'new');
  const top = roundUp(total);
  const label = drawLabel([
    ['name', 'all pods'],
    ['fact', 'requests answered per second'],
    ['fact', `height: ${count(top)} / s`],
  ]);
  const content = markup`<g class="total">${label.content}
${drawRate(total, 'new', top, TOTAL_HEIGHT, x)}${drawRate(sum('old'), 'old', top, TOTAL_HEIGHT, x)}</g>`;
  return { height: TOTAL_HEIGHT + 26, content };
}

function drawNoPod(failures: readonly Failure[], x: TimeScale): Drawing[] {
  if (failures.length === 0) return [];
  const label = drawLabel([
    ['name', 'no pod answered'],
    ['bad', plural(failures.length, 'request')],
  ]);
  return [{ height: 50, content: markup`<g class="lane">${label.content}${drawFailures(failures, x, 36, 36)}</g>` }];
}
