import { fieldOf, type Manifest, valueAt } from '../manifest.js';
import type { PodSpec } from '../pod.js';
import { autoscalerOf, selecting } from '../related.js';
import type { Finding, Rule } from '../rule.js';

/** By which labels nodes are known that are taken back, and the notice that they are given, in seconds. */
const SPOT: readonly { readonly key: string; readonly value: RegExp; readonly notice: number }[] = [
  { key: 'karpenter.sh/capacity-type', value: /^spot$/, notice: 120 },
  { key: 'eks.amazonaws.com/capacityType', value: /^SPOT$/, notice: 120 },
  { key: 'cloud.google.com/gke-spot', value: /^true$/, notice: 30 },
  { key: 'cloud.google.com/gke-preemptible', value: /^true$/, notice: 30 },
  { key: 'kubernetes.azure.com/scalesetpriority', value: /^spot$/, notice: 30 },
];
/** What AWS gives. */
const NOTICE_SECONDS = 120;

export const autoscalerMinimum: Rule = {
  id: 'autoscaler-minimum',
  severity: 'error',
  title: 'an autoscaler keeps two pods at least',
  source: 'kube-score, horizontalpodautoscaler-has-target and its minReplicas; kube-linter hpa-minimum-three-replicas',
  check: (workload, all): Finding[] => {
    const found = autoscalerOf(workload, all);
    return found === undefined || found.least >= 2
      ? []
      : [
          {
            says: 'With one pod a drained node takes all there is.',
            read: [fieldOf(found.autoscaler, found.path, found.fallback)],
            sum: `${found.least} < 2`,
            change: 'Set it to 2 or more.',
          },
        ];
  },
};

export const autoscalerOwnsReplicas: Rule = {
  id: 'autoscaler-owns-replicas',
  severity: 'error',
  title: 'where an autoscaler says how many pods there are, nothing else does',
  source:
    'Kubernetes 1.37, "Horizontal Pod Autoscaling", migrating Deployments; kube-score deployment-targeted-by-hpa-does-not-have-replicas-configured',
  check: (workload, all): Finding[] => {
    const found = autoscalerOf(workload, all);
    return found === undefined || workload.spec.replicas === undefined
      ? []
      : [
          {
            says: 'Every deployment sets the number of pods back, whatever the load.',
            read: [
              fieldOf(workload.manifest, ['spec', 'replicas']),
              fieldOf(found.autoscaler, ['spec', 'scaleTargetRef', 'name']),
            ],
            change: 'Take `replicas` away.',
          },
        ];
  },
};

export const replicas: Rule = {
  id: 'replicas',
  severity: 'warning',
  title: 'there are two pods at least',
  source: 'kube-linter minimum-three-replicas; kube-score deployment-replicas',
  check: (workload, all): Finding[] => {
    const count = workload.spec.replicas ?? 1;
    return autoscalerOf(workload, all) !== undefined || count >= 2
      ? []
      : [
          {
            says: 'With one pod a drained node takes all there is.',
            read: [fieldOf(workload.manifest, ['spec', 'replicas'], 1)],
            sum: `${count} < 2`,
            change: 'Set it to 2 or more.',
          },
        ];
  },
};

export const spotNotice: Rule = {
  id: 'spot-notice',
  severity: 'error',
  title: `on spot nodes the grace period fits into the notice: G ≤ ${NOTICE_SECONDS}`,
  source: 'AWS, "Spot Instance interruption notices", two minutes',
  check: ({ pod, podField }): Finding[] => {
    const G = pod.terminationGracePeriodSeconds;
    const [shortest] = SPOT.map((kind) => ({ notice: kind.notice, where: askedFor(kind, pod) }))
      .filter(({ where }) => where !== undefined)
      .toSorted((one, other) => one.notice - other.notice);
    return shortest?.where === undefined || G <= shortest.notice
      ? []
      : [
          {
            says: 'A spot node is gone before the pod has left it.',
            read: [podField(['terminationGracePeriodSeconds'], 30), podField([shortest.where])],
            sum: `G = ${G}, more than ${shortest.notice}`,
            change: `Shorten the slices and terminationGracePeriodSeconds to ${shortest.notice}, or keep these pods off spot nodes.`,
          },
        ];
  },
};

/** Whether a pod may come to such nodes, and what says so. */
function askedFor({ key, value }: (typeof SPOT)[number], pod: PodSpec): string | undefined {
  if (value.test(pod.nodeSelector[key] ?? '')) {
    return 'nodeSelector';
  }
  if (pod.tolerations.some((one) => one.key === key)) {
    return 'tolerations';
  }
  return expressionsIn(pod.affinity.nodeAffinity).some((one) => {
    const values = valueAt(one, ['values']);
    const isAmong = Array.isArray(values) && values.some((text) => value.test(String(text)));
    const operator = valueAt(one, ['operator']);
    return valueAt(one, ['key']) === key && (operator === 'Exists' || (operator === 'In' && isAmong));
  })
    ? 'affinity'
    : undefined;
}

/** What is required of a node, or preferred, at whatever depth. */
function expressionsIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return 'operator' in value ? [value] : Object.values(value).flatMap(expressionsIn);
}

/** What the cluster autoscaler waits when it takes a node away, unless it is told otherwise. */
const NODE_SECONDS = 600;

export const nodeDrained: Rule = {
  id: 'node-drained',
  severity: 'warning',
  title: `the grace period fits into what a cluster autoscaler waits for a pod: G ≤ ${NODE_SECONDS}`,
  source: 'Cluster Autoscaler, --max-graceful-termination-sec, default 600',
  check: ({ pod, podField }): Finding[] => {
    const G = pod.terminationGracePeriodSeconds;
    return G <= NODE_SECONDS
      ? []
      : [
          {
            says: 'A cluster autoscaler that takes a node away ends it before the pod has left.',
            read: [podField(['terminationGracePeriodSeconds'], 30)],
            sum: `G = ${G}, more than ${NODE_SECONDS}`,
            change: `Shorten the slices, or raise the autoscaler's --max-graceful-termination-sec and waive this.`,
          },
        ];
  },
};

const isNone = (text: string) => /^0+%?$/.test(text);

/** A share of the pods is rounded down (Kubernetes 1.37, "Deployments", max unavailable). Of how many, an autoscaler says. */
function takesNone(maxUnavailable: string, pods: number | undefined): boolean {
  const [, share] = /^(\d+)%$/.exec(maxUnavailable) ?? [];
  return isNone(maxUnavailable) || (pods !== undefined && share !== undefined && Number(share) * pods < 100);
}

export const rollingUpdate: Rule = {
  id: 'rolling-update',
  severity: 'error',
  title: 'an old pod goes only when a new one is available',
  source: 'Kubernetes 1.37, "Deployments", strategy; kube-score deployment-strategy',
  check: (workload, all): Finding[] => {
    const { manifest, spec } = workload;
    const { type, rollingUpdate: values } = spec.strategy;
    const pods = autoscalerOf(workload, all) === undefined ? (spec.replicas ?? 1) : undefined;
    const isRight = type === 'RollingUpdate' && takesNone(values.maxUnavailable, pods) && !isNone(values.maxSurge);
    const path = ['spec', 'strategy'];
    return manifest.kind !== 'Deployment' || isRight
      ? []
      : [
          {
            says: 'A rollout begins by taking capacity away.',
            read: [
              fieldOf(manifest, [...path, 'type'], 'RollingUpdate'),
              fieldOf(manifest, [...path, 'rollingUpdate', 'maxUnavailable'], '25%'),
              fieldOf(manifest, [...path, 'rollingUpdate', 'maxSurge'], '25%'),
            ],
            change: 'Set type: RollingUpdate, maxUnavailable: 0, and maxSurge: 1 or more.',
          },
        ];
  },
};

export const spread: Rule = {
  id: 'spread',
  severity: 'error',
  title: 'pods are spread over nodes, those of one revision apart from the outgoing ones',
  source: 'Kubernetes 1.37, "Pod Topology Spread Constraints", matchLabelKeys; kube-linter no-anti-affinity',
  check: ({ manifest, pod, podField }): Finding[] => {
    const constraints = pod.topologySpreadConstraints;
    if (constraints.length === 0) {
      return pod.affinity.podAntiAffinity !== undefined
        ? []
        : [
            {
              says: 'All pods may be on one node, and go with it.',
              read: [podField(['topologySpreadConstraints'])],
              change: 'Add a constraint for kubernetes.io/hostname.',
            },
          ];
    }
    // The pods of a StatefulSet carry no such label.
    const mixed =
      manifest.kind === 'Deployment' && constraints.some((one) => !one.matchLabelKeys.includes('pod-template-hash'));
    return mixed
      ? [
          {
            says: 'Outgoing pods decide during a rollout where the new ones go.',
            read: [podField(['topologySpreadConstraints'])],
            change: 'Add matchLabelKeys: [pod-template-hash].',
          },
        ]
      : [];
  },
};

export const disruptionBudget: Rule = {
  id: 'disruption-budget',
  severity: 'error',
  title: 'evictions take one pod after the other, and can always take one',
  source: 'Kubernetes 1.37, "Specifying a Disruption Budget for your Application"; kube-linter pdb-*',
  check: (workload, all): Finding[] => {
    const budgets = selecting('PodDisruptionBudget', 'selector', workload, all);
    const least = autoscalerOf(workload, all)?.least ?? workload.spec.replicas ?? 1;
    if (budgets.length === 0) {
      return [
        {
          says: 'A node drain may take all pods at once.',
          read: [fieldOf(workload.manifest, ['spec', 'template', 'metadata', 'labels'])],
          change: 'Add a PodDisruptionBudget with maxUnavailable: 1 that selects them.',
        },
      ];
    }
    const [budget, another] = budgets;
    if (budget !== undefined && another !== undefined) {
      return [
        {
          says: 'Two budgets select these pods: the API server evicts none of them.',
          read: [fieldOf(budget, ['spec', 'selector']), fieldOf(another, ['spec', 'selector'])],
          change: 'Take one away.',
        },
      ];
    }
    return budgets.flatMap((one) => [blocking(one, least), unhealthy(one)].flat());
  },
};

function blocking(budget: Manifest, least: number): Finding[] {
  const maxUnavailable = valueAt(budget, ['spec', 'maxUnavailable']);
  const minAvailable = valueAt(budget, ['spec', 'minAvailable']);
  const blocks = ['0', '0%'].includes(String(maxUnavailable)) || atLeast(minAvailable, least) >= least;
  return blocks
    ? [
        {
          says: 'It never lets a pod go: a node drain waits for ever.',
          read: [fieldOf(budget, ['spec', 'maxUnavailable']), fieldOf(budget, ['spec', 'minAvailable'])],
          sum: `of ${least} pods at the least`,
          change: 'Set maxUnavailable: 1, which suits every number of pods.',
        },
      ]
    : [];
}

/** A share of the pods is rounded up (same page). */
function atLeast(minAvailable: unknown, pods: number): number {
  const [, share] = /^(\d+)%$/.exec(String(minAvailable)) ?? [];
  return share === undefined ? Number(minAvailable ?? 0) : Math.ceil((Number(share) * pods) / 100);
}

function unhealthy(budget: Manifest): Finding[] {
  return valueAt(budget, ['spec', 'unhealthyPodEvictionPolicy']) === 'AlwaysAllow'
    ? []
    : [
        {
          says: 'Pods that crash again and again hold up the drain of their nodes.',
          read: [fieldOf(budget, ['spec', 'unhealthyPodEvictionPolicy'], 'IfHealthyBudget')],
          change: 'Set AlwaysAllow.',
        },
      ];
}
