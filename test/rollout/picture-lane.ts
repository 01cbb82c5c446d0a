import { type TimeScale, drawFailures, drawMoments } from './picture-marks.js';
import { type Markup, clock, count, duration, markup } from './picture-markup.js';
import type { Failure, PodMoment, PodRecord } from './result.js';

/** A part of the chart, drawn at its own origin. */
export interface Drawing {
  readonly height: number;
  readonly content: Markup;
}

type LabelLine = readonly [style: 'name' | 'fact' | 'bad', text: string];

const RATE_HEIGHT = 38;
const BAR = { top: RATE_HEIGHT + 3, height: 16 };
const BAR_BOTTOM = BAR.top + BAR.height;
const GAP = 14;
const LABEL = { lineHeight: 15, longest: 36 };
/** So that a phase of a few milliseconds can be seen. */
const NARROWEST_PHASE = 3;
const CHARACTER_WIDTH = 6;

/** One pod: the requests it answered, its phases below them, and what happened to it below those. */
export function drawLane(
  pod: PodRecord,
  rate: readonly number[],
  topRate: number,
  failures: readonly Failure[],
  x: TimeScale,
): Drawing {
  const isBad = ({ name }: PodMoment) =>
    name === 'SIGKILL' || name === 'shutdown.forced' || (name === 'exit' && endedBadly(pod));
  const moments = drawMoments(pod.moments, isBad, x, BAR_BOTTOM);
  const label = drawLabel(describe(pod));
  return {
    height: Math.max(BAR_BOTTOM + moments.height, label.height) + GAP,
    content: markup`<g class="lane" data-pod="${pod.name}">${label.content}
${drawRate(rate, pod.generation, topRate, RATE_HEIGHT, x)}
${drawPhases(pod, x)}
${moments.content}
${drawFailures(failures, x, RATE_HEIGHT, BAR_BOTTOM)}</g>`,
  };
}

function describe(pod: PodRecord): LabelLine[] {
  const lines: LabelLine[] = [['name', pod.name]];
  if (endedBadly(pod)) lines.push(['bad', `ended with ${exitInWords(pod)}`]);
  lines.push(['fact', `${count(pod.served)} served`]);
  if (pod.sigtermToExitMs !== undefined) {
    const exit = endedBadly(pod) ? '' : `, ${exitInWords(pod)}`;
    lines.push(['fact', `SIGTERM → exit ${duration(pod.sigtermToExitMs)}${exit}`]);
  }
  if (pod.lameDuckOver !== undefined) lines.push(['fact', `lame duck: ${pod.lameDuckOver}`]);
  return lines;
}

/**
 * Whether it was killed, or says itself that it failed. To end by the signal it was sent is not gracious, but it is what
 * programs do that know nothing of SIGTERM, and whom that cost a request is seen at the failures.
 */
export function endedBadly({ exit }: PodRecord): boolean {
  return exit !== undefined && exit !== '0' && exit !== 'SIGTERM';
}

/** `code 1`, `SIGKILL`. */
export function exitInWords({ exit = 'no exit code' }: PodRecord): string {
  return /^\d+$/.test(exit) ? `code ${exit}` : exit;
}

/** The words on the left of a lane. */
export function drawLabel(lines: readonly LabelLine[]): Drawing {
  const content = lines.map(([style, text], index) => {
    const whole = text.length > LABEL.longest ? markup`<title>${text}</title>` : '';
    const shown = whole === '' ? text : `${text.slice(0, LABEL.longest - 1)}…`;
    return markup`<text class="${style}" x="0" y="${12 + index * LABEL.lineHeight}">${shown}${whole}</text>`;
  });
  return { height: lines.length * LABEL.lineHeight, content: markup`${content}` };
}

/** Steps of a second each, filled down to the base line; `topRate` is as high as it gets. */
export function drawRate(
  rate: readonly number[],
  generation: PodRecord['generation'],
  topRate: number,
  height: number,
  x: TimeScale,
): Markup {
  const steps = rate.map(
    (value, second) =>
      markup`H${x(second * 1000)}V${height * (1 - Math.min(value / topRate, 1))}H${x((second + 1) * 1000)}`,
  );
  return markup`<path class="base" d="M${x(0)} ${height}H${x(Infinity)}"/><path class="rate ${generation}" d="M${x(0)} ${height}${steps}V${height}Z"/>`;
}

function drawPhases({ phases }: PodRecord, x: TimeScale): Markup[] {
  let drawnTo = 0;
  return phases.map(({ phase, fromMs, toMs }) => {
    const from = Math.max(x(fromMs), drawnTo);
    const width = Math.max(x(toMs) - from, NARROWEST_PHASE);
    drawnTo = from + width;
    const took = duration(toMs - fromMs);
    const text = [`${phase} ${took}`, phase].find(({ length }) => length * CHARACTER_WIDTH + 8 < width) ?? '';
    return markup`<g class="phase ${phase}"><title>${`${phase} ${took}, ${clock(fromMs)} to ${clock(toMs)}`}</title><rect x="${from}" y="${BAR.top}" width="${width}" height="${BAR.height}"/><text x="${from + 5}" y="${BAR.top + 12}">${text}</text></g>`;
  });
}
