import { type Finding, type Rule, slicesOf } from '../rule.js';

const SOURCE = 'Kubernetes 1.37, "Container Lifecycle Hooks" and "Pod Lifecycle", termination of Pods';

/** P is there at all. Read in the pod spec, so that it holds for every service. */
export const preStop: Rule = {
  id: 'pre-stop',
  severity: 'error',
  title: 'the kubelet waits before it sends SIGTERM',
  source: SOURCE,
  check: ({ service, field }): Finding[] => {
    const hook = service.lifecycle.preStop;
    // What a command does, or who answers a request, cannot be known from here.
    return hook?.sleep !== undefined || hook?.exec !== undefined || hook?.httpGet !== undefined
      ? []
      : [
          {
            says: `Container ${service.name} has no preStop: SIGTERM comes before kube-proxy, ingress and mesh know that the pod goes.`,
            read: [field(service, ['lifecycle', 'preStop'])],
            change:
              'Add lifecycle.preStop.sleep.seconds: 10 in a cluster, 60 and more behind a load balancer outside of it.',
          },
        ];
  },
};

/** P < G. */
export const preStopShorter: Rule = {
  id: 'pre-stop-shorter',
  severity: 'error',
  title: 'the preStop sleep is shorter than the grace period: P < G',
  source: SOURCE,
  check: ({ longRunning, pod, field, podField }): Finding[] => {
    const G = pod.terminationGracePeriodSeconds;
    return longRunning.flatMap((container): Finding[] => {
      const P = container.lifecycle.preStop?.sleep?.seconds ?? 0;
      return P < G
        ? []
        : [
            {
              says: `The preStop sleep of ${container.name} takes the whole grace period: after it the kubelet kills.`,
              read: [
                field(container, ['lifecycle', 'preStop', 'sleep', 'seconds']),
                podField(['terminationGracePeriodSeconds'], 30),
              ],
              sum: `P = ${P}, not less than G = ${G}`,
              change: 'Lower the sleep, or raise terminationGracePeriodSeconds.',
            },
          ];
    });
  },
};

/** The service plans with the G and P that the kubelet goes by. */
export const envAgrees: Rule = {
  id: 'env-agrees',
  severity: 'error',
  title: 'the environment and the pod spec say the same of G and P',
  source: 'k8s/transformers/termination-env; Kubernetes 1.37, "Downward API" offers neither',
  check: (workload): Finding[] => {
    const slices = slicesOf(workload);
    if (slices === undefined) {
      return [];
    }
    const { service, pod, field, podField, variable } = workload;
    const preStopSeconds = service.lifecycle.preStop?.sleep?.seconds;
    const pairs = [
      [
        'TERMINATION_GRACE_PERIOD_SECONDS',
        slices.G,
        pod.terminationGracePeriodSeconds,
        podField(['terminationGracePeriodSeconds'], 30),
      ],
      // Without a sleep, that is missing is another rule's to say.
      [
        'PRE_STOP_SECONDS',
        slices.P,
        preStopSeconds ?? slices.P,
        field(service, ['lifecycle', 'preStop', 'sleep', 'seconds']),
      ],
    ] as const;
    return pairs
      .filter(([, planned, real]) => planned !== real)
      .map(([name, planned, real, where]) => ({
        says: `The service plans with ${name}=${planned}, the kubelet goes by ${real}.`,
        read: [where, variable(name, planned)],
        sum: `${planned} ≠ ${real}`,
        change:
          'Put k8s/transformers/termination-env last into the transformers of the overlay, or write the same number twice.',
      }));
  },
};
