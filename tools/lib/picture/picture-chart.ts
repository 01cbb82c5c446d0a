import { drawConnections } from './picture-connections.js';
import { type Drawing, drawHeading, drawLabel } from './picture-label.js';
import { drawLane } from './picture-lane.js';
import { type TimeScale, drawFailures } from './picture-marks.js';
import { type Markup, count, markup, plural } from './picture-markup.js';
import { type Answerer, type Rate, drawRate, rateOf, roundUp, sumOf } from './picture-rate.js';
import type { PodRecord, RolloutResult } from '../load/result.js';

type Rates = ReadonlyMap<PodRecord, Rate>;

const WIDTH = 1360;
/** What is right of it is room for the names of the last moments. */
const PLOT = { left: 250, right: 1268 };
const AXIS_HEIGHT = 30;
const TOTAL_HEIGHT = 80;
/** About as many as a screen holds. */
const LANES_PER_AXIS = 6;

/** The time line: what all pods answered together, then a lane for each of them, all on the same x axis. */
export function drawChart(result: RolloutResult, summary: string): Markup {
  const x: TimeScale = (atMs) => {
    const share = Math.min(Math.max(atMs / Math.max(result.durationMs, 1), 0), 1);
    return PLOT.left + share * (PLOT.right - PLOT.left);
  };
  const rates = new Map(result.pods.map((pod) => [pod, rateOf(pod.servedPerSecond, result.durationMs)]));
  const topRate = roundUp([...rates.values()]);
  const seconds = secondsOf(result.durationMs);
  const axis = drawAxis(seconds, x);
  const failuresOn = (pod: PodRecord) => result.failures.filter((failure) => failure.pod === pod.name);
  const lanes = (generation: PodRecord['generation']) =>
    [...rates]
      .filter(([pod]) => pod.generation === generation)
      .map(([pod, rate]) => drawLane(pod, rate, topRate, failuresOn(pod), x))
      .flatMap((lane, index) => (index > 0 && index % LANES_PER_AXIS === 0 ? [axis, lane] : [lane]));
  const someRate = result.pods.some(({ served }) => served !== undefined);

  const drawings = [
    axis,
    drawTotal(result, rates, x),
    ...drawNoPod(result, x),
    drawHeading('old generation', someRate ? `height: ${count(topRate)} / s each` : undefined),
    ...lanes('old'),
    drawHeading('new generation'),
    ...lanes('new'),
    ...drawConnections(result, x),
    axis,
  ];
  const bottom = drawings.reduce((sum, { height }) => sum + height, 0);
  return markup`<svg viewBox="0 0 ${WIDTH} ${bottom}" role="img" aria-label="${summary}">
${seconds.map((second) => markup`<path class="grid" d="M${x(second * 1000)} 22V${bottom - AXIS_HEIGHT}"/>`)}
${stack(drawings)}</svg>`;
}

function stack(drawings: readonly Drawing[]): Markup[] {
  let y = 0;
  return drawings.map(({ height, content }) => {
    const moved = markup`<g transform="translate(0 ${y})">${content}</g>\n`;
    y += height;
    return moved;
  });
}

/** The seconds of the run that have a line, far enough apart for their labels. */
function secondsOf(durationMs: number): number[] {
  const step = [1, 2, 5, 10, 20, 30].find((seconds) => durationMs / 1000 / seconds <= 16) ?? 60;
  return Array.from({ length: Math.floor(durationMs / 1000 / step) + 1 }, (_, index) => index * step);
}

function drawAxis(seconds: readonly number[], x: TimeScale): Drawing {
  const content = seconds.map((second) => markup`<text class="axis" x="${x(second * 1000)}" y="16">${second} s</text>`);
  return { height: AXIS_HEIGHT, content: markup`${content}` };
}

function drawTotal({ answeredPerSecond, pods, durationMs }: RolloutResult, rates: Rates, x: TimeScale): Drawing {
  const total = rateOf(answeredPerSecond, durationMs);
  const ofAll = sumOf([...rates.values()]);
  const ofOld = sumOf([...rates].filter(([pod]) => pod.generation === 'old').map(([, rate]) => rate));
  // Each is drawn over the one before it. What the old pods did not answer the new ones did, if every pod can tell.
  const areas: [Answerer, Rate][] = pods.some(({ served }) => served === undefined)
    ? [
        ['unknown', total],
        ['new', ofAll],
        ['old', ofOld],
      ]
    : [
        ['new', total],
        ['old', ofOld],
      ];
  const top = roundUp(areas.map(([, rate]) => rate));
  const label = drawLabel([
    ['name', 'all pods'],
    ['fact', 'requests answered per second'],
    ['fact', `height: ${count(top)} / s`],
  ]);
  const content = markup`<g class="total">${label.content}
${areas.map(([answerer, rate]) => drawRate(rate, answerer, top, TOTAL_HEIGHT, x))}</g>`;
  return { height: TOTAL_HEIGHT + 26, content };
}

/** Failures of no pod: none took the connection, or a Service chose one and does not say which. */
function drawNoPod({ failures, pods, target }: RolloutResult, x: TimeScale): Drawing[] {
  const names = new Set<string | undefined>(pods.map(({ name }) => name));
  const drawn = failures.filter(({ pod }) => !names.has(pod));
  if (drawn.length === 0) return [];
  const label = drawLabel([
    ['name', target === 'kubernetes' ? 'failed requests' : 'no pod answered'],
    ['bad', plural(drawn.length, 'request')],
    ...(target === 'kubernetes'
      ? ([
          ['fact', 'through the Service:'],
          ['fact', 'which pod is not known'],
        ] as const)
      : []),
  ]);
  const height = Math.max(label.height, 36) + 14;
  return [{ height, content: markup`<g class="lane">${label.content}${drawFailures(drawn, x, 36, 36)}</g>` }];
}
