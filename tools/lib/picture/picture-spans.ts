import { type Markup, clock, duration, markup } from './picture-markup.js';
import type { TimeScale } from './picture-marks.js';
import type { EndpointSpan, PhaseSpan } from '../load/result.js';

/** What an endpoint's three conditions come to for who routes, and what the legend calls it. */
export const ENDPOINT_STATES = {
  routed: 'gets new connections',
  leaving: 'terminating, still serving',
  unready: 'not ready',
} as const;

type EndpointState = keyof typeof ENDPOINT_STATES;

/** How high the bar of the phases is. */
export const PHASES_HEIGHT = 16;
/** How much the strip of the endpoint takes below it. */
export const ENDPOINT_HEIGHT = 10;

const STRIP = { offset: 2, height: 7 };
/** So that what lasts a few milliseconds can be seen. */
const NARROWEST = 3;
const CHARACTER_WIDTH = 6;

/** What the service did, one bar from `top` down. */
export function drawPhases(phases: readonly PhaseSpan[], x: TimeScale, top: number): Markup[] {
  return place(phases, x).map(({ span: { phase, fromMs, toMs }, from, width }) => {
    const took = duration(toMs - fromMs);
    const text = [`${phase} ${took}`, phase].find(({ length }) => length * CHARACTER_WIDTH + 8 < width) ?? '';
    return markup`<g class="phase ${phase}"><title>${`${phase} ${took}, ${clock(fromMs)} to ${clock(toMs)}`}</title><rect x="${from}" y="${top}" width="${width}" height="${PHASES_HEIGHT}"/><text x="${from + 5}" y="${top + 12}">${text}</text></g>`;
  });
}

/**
 * What the cluster made of it, a strip from `top` down. The states differ in their form too (filled, striped, hollow), for
 * whom their colours are alike. The stripes are dashes of a thick line: a pattern would need an `url()`.
 */
export function drawEndpoint(spans: readonly EndpointSpan[], x: TimeScale, top: number): Markup[] {
  return place(spans, x).map(({ span, from, width }) => {
    const state = stateOf(span);
    const y = top + STRIP.offset;
    const stripes = state === 'leaving' ? markup`<path d="M${from} ${y + STRIP.height / 2}h${width}"/>` : [];
    return markup`<g class="endpoint ${state}"><title>${describe(span, state)}</title><rect x="${from}" y="${y}" width="${width}" height="${STRIP.height}"/>${stripes}</g>`;
  });
}

function stateOf({ ready, serving, terminating }: EndpointSpan): EndpointState {
  if (ready) return 'routed';
  return serving && terminating ? 'leaving' : 'unready';
}

function describe({ ready, serving, terminating, fromMs, toMs }: EndpointSpan, state: EndpointState): string {
  const times = `${duration(toMs - fromMs)}, ${clock(fromMs)} to ${clock(toMs)}`;
  return `endpoint: ${ENDPOINT_STATES[state]} ${times}\nready: ${ready}, serving: ${serving}, terminating: ${terminating}`;
}

interface Placed<Span> {
  readonly span: Span;
  readonly from: number;
  readonly width: number;
}

/** None is too narrow to be seen, and none covers another. */
function place<Span extends { readonly fromMs: number; readonly toMs: number }>(
  spans: readonly Span[],
  x: TimeScale,
): Placed<Span>[] {
  let placedTo = 0;
  return spans.map((span) => {
    const from = Math.max(x(span.fromMs), placedTo);
    const width = Math.max(x(span.toMs) - from, NARROWEST);
    placedTo = from + width;
    return { span, from, width };
  });
}
