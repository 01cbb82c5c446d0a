import { preStopSeconds } from '../pod.js';
import { servicesOf, targetPortsOf } from '../related.js';
import { type Finding, type Objects, type Rule, slicesOf } from '../rule.js';
import type { Workload } from '../workload.js';
import { declares } from './container.js';

const SOURCE = 'Kubernetes 1.37, "Container Lifecycle Hooks" and "Pod Lifecycle", termination of Pods';

/** P is there at all, of whatever clients come to. Read in the pod spec, so that it holds for every service. */
export const preStop: Rule = {
  id: 'pre-stop',
  severity: 'error',
  title: 'the kubelet waits before it sends SIGTERM to whom a Service leads to',
  source: SOURCE,
  check: (workload, all): Finding[] => {
    const { pod, service, settings, field } = workload;
    const published = pod.containers.filter((one) => targetsOf(workload, all).some((port) => declares(one, port)));
    return [...new Set([service, ...published])]
      .filter((one) => {
        // A P of 0 is this service's to weigh: it can be a lame duck for longer.
        const isWeighed = one === service && settings.kind === 'own' && one.lifecycle.preStop?.sleep !== undefined;
        return preStopSeconds(one) === 0 && !isWeighed;
      })
      .map((one): Finding => ({
        says: `Container ${one.name} has no preStop that waits: SIGTERM comes before kube-proxy, ingress and mesh know that the pod goes.`,
        read: [field(one, ['lifecycle', 'preStop'])],
        change:
          'Add lifecycle.preStop.sleep.seconds: 10 in a cluster, 60 and more behind a load balancer outside of it.',
      }));
  },
};

/** The ports of the pod that Services lead to. */
function targetsOf(workload: Workload, all: Objects): (string | number)[] {
  return servicesOf(workload, all).flatMap(targetPortsOf);
}

/** P < G. */
export const preStopShorter: Rule = {
  id: 'pre-stop-shorter',
  severity: 'error',
  title: 'the preStop sleep is shorter than the grace period: P < G',
  source: SOURCE,
  check: ({ longRunning, pod, field, podField }): Finding[] => {
    const G = pod.terminationGracePeriodSeconds;
    return longRunning.flatMap((container): Finding[] => {
      const P = preStopSeconds(container) ?? 0;
      return P < G
        ? []
        : [
            {
              says: `The preStop sleep of ${container.name} takes the whole grace period: after it the kubelet kills.`,
              read: [field(container, ['lifecycle', 'preStop']), podField(['terminationGracePeriodSeconds'], 30)],
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
    const { preStop: hook } = service.lifecycle;
    const isThere = hook?.sleep !== undefined || hook?.exec !== undefined || hook?.httpGet !== undefined;
    const read = field(
      service,
      hook?.sleep === undefined ? ['lifecycle', 'preStop'] : ['lifecycle', 'preStop', 'sleep', 'seconds'],
    );
    const pairs = [
      [
        'TERMINATION_GRACE_PERIOD_SECONDS',
        slices.G,
        pod.terminationGracePeriodSeconds,
        podField(['terminationGracePeriodSeconds'], 30),
      ],
      // Without a hook, that is missing is another rule's to say. What one takes that cannot be read, nobody can plan with.
      ['PRE_STOP_SECONDS', slices.P, isThere ? preStopSeconds(service) : slices.P, read],
    ] as const;
    return pairs
      .filter(([, planned, real]) => planned !== real)
      .map(([name, planned, real, where]) => ({
        says: `The service plans with ${name}=${planned}, the kubelet goes by ${real ?? 'a preStop whose time cannot be read'}.`,
        read: [where, variable(name, planned)],
        sum: `${planned} ≠ ${real ?? '?'}`,
        change:
          real === undefined
            ? 'Use lifecycle.preStop.sleep.'
            : 'Put k8s/transformers/termination-env last into the transformers of the overlay, or write the same number twice.',
      }));
  },
};
