import type { PhaseSpan, PodMoment, PodPhase } from './result.js';

/** The phase that begins with a moment; those of Ebb's log are in `src/ebb/lifecycle/shutdown.ts`. */
const PHASE_AFTER: Readonly<Record<string, PodPhase>> = {
  created: 'starting',
  ready: 'ready',
  deleted: 'pre-stop',
  restarted: 'starting',
  'shutdown.initiated': 'lame-duck',
  'lame-duck.over': 'draining',
  'requests.drained': 'closing',
};

/** The phases a pod went through by its moments; one that lasts goes on to `endMs`. */
export function phasesOf(unordered: readonly PodMoment[], endMs: number): PhaseSpan[] {
  const spans: PhaseSpan[] = [];
  const moments = inOrder(unordered);
  const speaks = moments.some(({ name }) => name === 'shutdown.initiated');
  const last = moments.findLast(({ name }) => name === 'exit' || name === 'restarted');
  const end = last?.name === 'exit' ? last.atMs : endMs;
  for (const { name, atMs } of moments) {
    // A program that does not say what it does after SIGTERM is taken to be draining.
    const phase = name === 'SIGTERM' && !speaks ? 'draining' : PHASE_AFTER[name];
    if (phase !== undefined) {
      const before = spans.at(-1);
      if (before !== undefined) {
        spans[spans.length - 1] = { ...before, toMs: atMs };
      }
      spans.push({ phase, fromMs: atMs, toMs: Math.max(atMs, end) });
    }
  }
  return spans;
}

/** From SIGTERM to the end of the process; undefined where either did not happen. */
export function sigtermToExitMs(moments: readonly PodMoment[]): number | undefined {
  const [from, to] = ['SIGTERM', 'exit'].map((name) => moments.find((moment) => moment.name === name)?.atMs);
  return from === undefined || to === undefined ? undefined : to - from;
}

export function inOrder(moments: readonly PodMoment[]): PodMoment[] {
  return moments.toSorted((a, b) => a.atMs - b.atMs);
}
