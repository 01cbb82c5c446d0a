import { type Drawing, type LabelLine, drawLabel, wholeName } from './picture-label.js';
import { type TimeScale, drawFailures, drawMoments } from './picture-marks.js';
import { count, duration, markup } from './picture-markup.js';
import { type Rate, drawRate } from './picture-rate.js';
import { ENDPOINT_HEIGHT, PHASES_HEIGHT, drawEndpoint, drawPhases } from './picture-spans.js';
import type { Failure, PodMoment, PodRecord } from '../load/result.js';

const RATE_HEIGHT = 38;
const GAP = 14;

/**
 * One pod: the requests it answered, its phases below them, what its endpoint was, and what happened to it. The ticks of
 * what happened cross the endpoint's strip, so that it is seen what the cluster knew at each of them.
 */
export function drawLane(
  pod: PodRecord,
  rate: Rate,
  topRate: number,
  failures: readonly Failure[],
  x: TimeScale,
): Drawing {
  const rateIsKnown = pod.served !== undefined;
  const phasesTop = rateIsKnown || failures.length > 0 ? RATE_HEIGHT + 3 : 0;
  const phasesBottom = phasesTop + PHASES_HEIGHT;
  const ticksFrom = pod.endpoint ? ENDPOINT_HEIGHT : 0;
  const moments = drawMoments(pod.moments, (moment) => isBad(moment, pod), x, phasesBottom, ticksFrom);
  const label = drawLabel(describe(pod));
  return {
    height: Math.max(phasesBottom + moments.height, label.height) + GAP,
    content: markup`<g class="lane" data-pod="${pod.name}">${label.content}
${rateIsKnown ? drawRate(rate, pod.generation, topRate, RATE_HEIGHT, x) : []}
${drawPhases(pod.phases, x, phasesTop)}
${drawEndpoint(pod.endpoint ?? [], x, phasesBottom)}
${moments.content}
${drawFailures(failures, x, RATE_HEIGHT, phasesBottom)}</g>`,
  };
}

function isBad({ name }: PodMoment, pod: PodRecord): boolean {
  return ['SIGKILL', 'shutdown.forced', 'restarted'].includes(name) || (name === 'exit' && endedBadly(pod));
}

function describe(pod: PodRecord): LabelLine[] {
  const lines: LabelLine[] = [['name', pod.name], ...wholeName(pod.podName ?? '')];
  if (endedBadly(pod)) lines.push(['bad', `ended with ${exitInWords(pod)}`]);
  if (pod.node !== undefined) lines.push(...wholeName(`on ${pod.node}`));
  if (pod.served !== undefined) lines.push(['fact', `${count(pod.served)} served`]);
  if (pod.sigtermToExitMs !== undefined) {
    const exit = endedBadly(pod) ? '' : `, ${exitInWords(pod)}`;
    lines.push(['fact', `SIGTERM → exit ${duration(pod.sigtermToExitMs)}${exit}`]);
  }
  if (pod.deletedToGoneMs !== undefined) lines.push(['fact', `deleted → gone ${duration(pod.deletedToGoneMs)}`]);
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
