import { fieldOf, type Manifest, valueAt } from '../manifest.js';
import { autoscalerOf, selecting } from '../related.js';
import type { Finding, Rule } from '../rule.js';

const SPOT = /spot|preempt/i;
/** What AWS gives; others give less. */
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
    const asks = [
      ['nodeSelector', pod.nodeSelector],
      ['tolerations', pod.tolerations],
      ['affinity', pod.affinity.nodeAffinity],
    ] as const;
    const asked = asks.find(([, value]) => SPOT.test(JSON.stringify(value ?? '')));
    const G = pod.terminationGracePeriodSeconds;
    return asked === undefined || G <= NOTICE_SECONDS
      ? []
      : [
          {
            says: 'A spot node is gone before the pod has left it.',
            read: [podField(['terminationGracePeriodSeconds'], 30), podField([asked[0]])],
            sum: `G = ${G}, more than ${NOTICE_SECONDS}`,
            change: `Shorten the slices and terminationGracePeriodSeconds to ${NOTICE_SECONDS}, or keep these pods off spot nodes.`,
          },
        ];
  },
};

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

export const rollingUpdate: Rule = {
  id: 'rolling-update',
  severity: 'error',
  title: 'an old pod goes only when a new one is available',
  source: 'Kubernetes 1.37, "Deployments", strategy; kube-score deployment-strategy',
  check: ({ manifest, spec }): Finding[] => {
    const { type, rollingUpdate: values } = spec.strategy;
    const isRight = type === 'RollingUpdate' && isNone(values.maxUnavailable) && !isNone(values.maxSurge);
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
    const budgets = selecting('PodDisruptionBudget', workload, all);
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
    return budgets.flatMap((budget) => [blocking(budget, least), unhealthy(budget)].flat());
  },
};

function blocking(budget: Manifest, least: number): Finding[] {
  const maxUnavailable = valueAt(budget, ['spec', 'maxUnavailable']);
  const minAvailable = valueAt(budget, ['spec', 'minAvailable']);
  const blocks =
    ['0', '0%'].includes(String(maxUnavailable)) ||
    minAvailable === '100%' ||
    (typeof minAvailable === 'number' && minAvailable >= least);
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
