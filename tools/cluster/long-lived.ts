import { countsOf, troublesOf } from '../lib/connections/counts.js';
import type { Stage } from '../lib/kubernetes/stage.js';
import type { Findings } from './scenario.js';

/** Clients that stay connected were told to come back, did so elsewhere, and missed nothing. */
export function missedNothing({ connections }: Stage, findings: Findings): void {
  for (const record of connections) {
    const { kind, hasSequence } = record;
    const { clients, moved, told, refused, returned, mostReturns, rush } = countsOf(record);
    const troubles = troublesOf(record);
    findings.fact(troubles.length === 0, `clients that stay connected miss nothing (${troubles.join(', ')})`);
    findings.fact(hasSequence, `the service numbers what it says to its ${kind}`);
    findings.fact(told > 0 && moved > 0, `${kind} are told to come back, and do so elsewhere (${told}, ${moved})`);
    findings.fact(
      mostReturns <= 1,
      `nobody's ${kind} come back to a leaving pod more than once (${mostReturns} times)`,
    );
    findings.note(
      `${clients} ${kind}: ${moved} moved, ${told} told, 0 cut, 0 gaps, 0 replies lost, ${refused} refused and tried again, ` +
        `${returned} came back to a leaving pod, at most ${rush} came back in 100 ms.`,
    );
  }
}

/** A negative control: connections are cut, and so the zeros of the others mean something. */
export function wereCut({ connections }: Stage, findings: Findings): void {
  for (const record of connections) {
    const { cut } = countsOf(record);
    findings.fact(cut > 0, `${record.kind} are cut`);
    findings.note(`${cut} ${record.kind} were cut.`);
  }
}
