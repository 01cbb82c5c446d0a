import { budgetMisfits, type TimeBudget } from '../../../src/config/time-budget.js';
import { type Finding, type Rule, slicesOf } from '../rule.js';
import type { Workload } from '../workload.js';

/** The service's own words for a misfit, taken apart: what it says first, its table, and what to change at the end. */
function misfit({ field, service, podField }: Workload, text: string | undefined): Finding[] {
  if (text === undefined) {
    return [];
  }
  const lines = text.split('\n');
  return [
    {
      says: lines[0] ?? '',
      read: [
        podField(['terminationGracePeriodSeconds'], 30),
        field(service, ['lifecycle', 'preStop', 'sleep', 'seconds']),
        ...[
          'PROPAGATION_SECONDS',
          'LAME_DUCK_SECONDS',
          'DRAIN_TIMEOUT_SECONDS',
          'CLEANUP_SECONDS',
          'SIDECAR_SECONDS',
        ].flatMap((name) =>
          service.env.some((variable) => variable.name === name) ? [field(service, ['env', { name }, 'value'])] : [],
        ),
      ],
      sum: lines.slice(1, -1).join('\n'),
      change: lines.at(-1) ?? '',
    },
  ];
}

const judged = (workload: Workload, change: (budget: TimeBudget) => TimeBudget): Finding[] => {
  const slices = slicesOf(workload);
  return slices === undefined ? [] : misfit(workload, budgetMisfits(change(slices.budget))[0]);
};

/** P + A ≥ D. */
export const propagation: Rule = {
  id: 'propagation',
  severity: 'error',
  title: 'the listener is open for as long as new connections are routed to the pod: P + A ≥ D',
  source: 'src/config/time-budget.ts; Kubernetes 1.37, "Pod Lifecycle", termination of Pods',
  // However much grace there is.
  check: (workload) => judged(workload, (budget) => ({ ...budget, graceMs: Infinity })),
};

/** P + A + R + C + S + m ≤ G. */
export const slicesFit: Rule = {
  id: 'slices-fit',
  severity: 'error',
  title: 'the slices and a margin fit into the grace period: P + A + R + C + S + m ≤ G',
  source: 'src/config/time-budget.ts; Kubernetes 1.37, "Pod Lifecycle", termination of Pods',
  check: (workload) => {
    const slices = slicesOf(workload);
    // P ≥ G is another rule's; no sum says more.
    return slices === undefined || slices.P >= slices.G
      ? []
      : judged(workload, (budget) => ({ ...budget, propagationMs: 0 }));
  },
};

export const drainBounded: Rule = {
  id: 'drain-bounded',
  severity: 'warning',
  title: 'requests in flight get a bounded time',
  source: 'README, "The time budget"',
  check: (workload) => {
    const { settings, field, service } = workload;
    return settings.kind === 'own' && settings.slices.budget.drainMs === 'unbounded'
      ? [
          {
            says: 'An unbounded drain ends when the kubelet kills: no arithmetic holds what is in flight then.',
            read: [field(service, ['env', { name: 'DRAIN_TIMEOUT_SECONDS' }, 'value'])],
            change: 'Set DRAIN_TIMEOUT_SECONDS to the longest request you allow.',
          },
        ]
      : [];
  },
};
