/**
 * The time a pod has to leave, as pure arithmetic. Symbols and slices are those of the drawing in
 * `src/ebb/lifecycle/shutdown.ts`; every figure is in milliseconds. This file reads nothing and waits for nothing.
 */

/** What is kept free before the grace period ends: the kubelet's own work and a slow clock. Symbol m. */
export const MARGIN_MS = 5_000;

/** The slices of the termination grace period, each a ceiling. */
export interface TimeBudget {
  /** The whole, from the pod's deletion to SIGKILL. Symbol G. */
  readonly graceMs: number;
  /** The preStop sleep: from the pod's deletion to SIGTERM. Symbol P. */
  readonly preStopMs: number;
  /** The longest time until no new connection is routed to a deleted pod. Symbol D. */
  readonly propagationMs: number;
  /** The most that the pod goes on serving after SIGTERM. Symbol A. */
  readonly lameDuckMs: number;
  /** The most that requests in flight get after the listener closed, or no bound at all. Symbol R. */
  readonly drainMs: number | 'unbounded';
  /** The most that Nest's shutdown hooks get. Symbol C. */
  readonly cleanupMs: number;
  /** What sidecars need after the service is gone. Symbol S. */
  readonly sidecarMs: number;
}

/** When each slice ends at the latest, in ms since the signal. What one slice leaves, the next may use. */
export interface SliceEnds {
  readonly lameDuckMs: number;
  /** `Infinity` when the drain is unbounded. */
  readonly drainMs: number;
  /** `Infinity` when the drain is unbounded: {@link TimeBudget.cleanupMs} then counts from the end of the drain. */
  readonly closeMs: number;
}

/**
 * The absolute ends of the slices.
 *
 * @param withLameDuck false for a person at a terminal (SIGINT), who needs no endpoints to be told.
 */
export function sliceEnds(budget: TimeBudget, withLameDuck: boolean): SliceEnds {
  const lameDuckMs = withLameDuck ? budget.lameDuckMs : 0;
  const drainMs = budget.drainMs === 'unbounded' ? Infinity : lameDuckMs + budget.drainMs;
  return { lameDuckMs, drainMs, closeMs: drainMs + budget.cleanupMs };
}

/**
 * By when everybody who routes has forgotten a deleted pod (D − P), in ms since SIGTERM: negative where it was over before
 * the preStop sleep was.
 */
export function endpointsForgetMs(budget: TimeBudget): number {
  return budget.propagationMs - budget.preStopMs;
}

/**
 * What is wrong with a budget: one text per rule it breaks, with the slices of that rule, their sum, and what to change.
 * Empty when it fits. An unbounded drain counts as 0: no arithmetic can hold it.
 */
export function budgetMisfits(budget: TimeBudget): string[] {
  const { graceMs: G, preStopMs: P, propagationMs: D, lameDuckMs: A, cleanupMs: C, sidecarMs: S } = budget;
  const R = budget.drainMs === 'unbounded' ? 0 : budget.drainMs;
  const misfits: string[] = [];
  if (P >= G) {
    misfits.push(
      `The preStop sleep takes the whole grace period: PRE_STOP_SECONDS is ${seconds(P)} and must be less than ` +
        `TERMINATION_GRACE_PERIOD_SECONDS, ${seconds(G)}. Lower the first or raise the second.`,
    );
  }
  if (P + A < D) {
    misfits.push(
      [
        'The listener would close while new connections are still routed to this pod:',
        ...table([
          ['PRE_STOP_SECONDS', P, 'P'],
          ['LAME_DUCK_SECONDS', A, 'A'],
          ['sum', P + A, ''],
          ['PROPAGATION_SECONDS', D, 'D'],
        ]),
        `Raise LAME_DUCK_SECONDS to at least ${seconds(D - P)}, or PRE_STOP_SECONDS to at least ${seconds(D - A)}.`,
      ].join('\n'),
    );
  }
  const sum = P + A + R + C + S + MARGIN_MS;
  if (sum > G) {
    const excess = sum - G;
    misfits.push(
      [
        'The slices do not fit into the grace period, so the pod would be killed before it is done:',
        ...table([
          ['PRE_STOP_SECONDS', P, 'P'],
          ['LAME_DUCK_SECONDS', A, 'A'],
          ['DRAIN_TIMEOUT_SECONDS', budget.drainMs, 'R'],
          ['CLEANUP_SECONDS', C, 'C'],
          ['SIDECAR_SECONDS', S, 'S'],
          ['margin (fixed)', MARGIN_MS, 'm'],
          ['sum', sum, ''],
          ['TERMINATION_GRACE_PERIOD_SECONDS', G, 'G'],
        ]),
        `Raise TERMINATION_GRACE_PERIOD_SECONDS to at least ${seconds(sum)}` +
          (R > excess
            ? `, or lower DRAIN_TIMEOUT_SECONDS to at most ${seconds(R - excess)}.`
            : `, or shorten the slices by ${seconds(excess)} s in all.`),
      ].join('\n'),
    );
  }
  return misfits;
}

function table(rows: readonly (readonly [string, number | 'unbounded', string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, ms, symbol]) => `  ${name.padEnd(width)} ${seconds(ms).padStart(9)}  ${symbol}`.trimEnd());
}

function seconds(ms: number | 'unbounded'): string {
  return ms === 'unbounded' ? ms : String(ms / 1_000);
}
