import { budgetMisfits, type TimeBudget } from '../../../src/ebb/config/time-budget.js';
import { type Finding, type Rule, slicesOf, withSlices } from '../rule.js';
import type { Slices } from '../settings.js';
import type { Workload } from '../workload.js';

/** The service's own words for a misfit, taken apart: what it says first, its table, and what to change at the end. */
function misfits(
  workload: Workload,
  change: (budget: TimeBudget) => TimeBudget,
  read: (slices: Slices) => Finding['read'],
): readonly Finding[] {
  return withSlices(workload, (slices) =>
    budgetMisfits(change(slices.budget))
      .slice(0, 1)
      .map((text) => {
        const lines = text.split('\n');
        return {
          says: lines[0] ?? '',
          read: read(slices),
          sum: lines.slice(1, -1).join('\n'),
          change: lines.at(-1) ?? '',
        };
      }),
  );
}

const preStop = ({ field, service }: Workload) => field(service, ['lifecycle', 'preStop', 'sleep', 'seconds']);

/** P + A ≥ D. */
export const propagation: Rule = {
  id: 'propagation',
  severity: 'error',
  title: 'the listener is open for as long as new connections are routed to the pod: P + A ≥ D',
  source: 'src/ebb/config/time-budget.ts; Kubernetes 1.37, "Pod Lifecycle", termination of Pods',
  check: (workload) =>
    misfits(
      workload,
      // However much grace there is.
      (budget) => ({ ...budget, graceMs: Infinity }),
      ({ A, D }) => [
        preStop(workload),
        workload.variable('LAME_DUCK_SECONDS', A),
        workload.variable('PROPAGATION_SECONDS', D),
      ],
    ),
};

/** P + A + R + C + S + m ≤ G. */
export const slicesFit: Rule = {
  id: 'slices-fit',
  severity: 'error',
  title: 'the slices and a margin fit into the grace period: P + A + R + C + S + m ≤ G',
  source: 'src/ebb/config/time-budget.ts; Kubernetes 1.37, "Pod Lifecycle", termination of Pods',
  check: (workload) => {
    const slices = slicesOf(workload);
    // P ≥ G is another rule's; no sum says more.
    return slices === undefined || slices.P >= slices.G
      ? []
      : misfits(
          workload,
          (budget) => ({ ...budget, propagationMs: 0 }),
          ({ A, R, C, S }) => [
            workload.podField(['terminationGracePeriodSeconds'], 30),
            preStop(workload),
            workload.variable('LAME_DUCK_SECONDS', A),
            workload.variable('DRAIN_TIMEOUT_SECONDS', R),
            workload.variable('CLEANUP_SECONDS', C),
            workload.variable('SIDECAR_SECONDS', S),
          ],
        );
  },
};

export const drainBounded: Rule = {
  id: 'drain-bounded',
  severity: 'warning',
  title: 'requests in flight get a bounded time',
  source: 'README, "The time budget"',
  check: ({ settings, variable }) =>
    settings.kind === 'own' && settings.slices.budget.drainMs === 'unbounded'
      ? [
          {
            says: 'An unbounded drain ends when the kubelet kills: no arithmetic holds what is in flight then.',
            read: [variable('DRAIN_TIMEOUT_SECONDS')],
            change: 'Set DRAIN_TIMEOUT_SECONDS to the longest request you allow.',
          },
        ]
      : [],
};
