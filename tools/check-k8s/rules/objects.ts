/** How objects find each other, and what they are called. */
import { loadBalancersOf } from '../load-balancers.js';
import { fieldOf, type Manifest, nameOf, selects, valueAt } from '../manifest.js';
import { matches, near, selecting, servicesOf, targetPortsOf, wordsAt } from '../related.js';
import { type Finding, type Objects, type Rule, withFirst } from '../rule.js';
import type { Workload } from '../workload.js';
import { declares } from './container.js';

export const selector: Rule = {
  id: 'selector',
  severity: 'error',
  title: 'a workload selects the pods it makes',
  source: 'kube-linter mismatching-selector; kube-score deployment-pod-selector-labels-match-template-metadata-labels',
  check: ({ manifest, spec, labels }): Finding[] =>
    matches(spec.selector, labels)
      ? []
      : [
          {
            says: 'The API server refuses it: its selector does not select its own pods.',
            read: [
              fieldOf(manifest, ['spec', 'selector']),
              fieldOf(manifest, ['spec', 'template', 'metadata', 'labels']),
            ],
            change: "Put the selector's labels on the pods.",
          },
        ],
};

export const serviceLeads: Rule = {
  id: 'service-leads',
  severity: 'error',
  title: 'a Service leads to pods, and to ports that they have',
  source: 'kube-linter dangling-service, invalid-target-ports; kube-score service-targets-pod',
  check: (workload, all) => [
    ...servicesOf(workload, all).flatMap((service) => lost(service, workload)),
    ...withFirst(workload, all, () => dangling(all)),
  ],
};

function lost(service: Manifest, { longRunning }: Workload): Finding[] {
  return targetPortsOf(service)
    .filter((port) => !longRunning.some((one) => declares(one, port)))
    .map((port) => ({
      says: `It leads to port ${port}, which no container of the pod declares.`,
      read: [fieldOf(service, ['spec', 'ports'])],
      change: 'Correct targetPort, or declare the port.',
    }));
}

function dangling({ manifests }: Objects): Finding[] {
  return manifests
    .filter((one) => one.kind === 'Service' && Object.keys(wordsAt(one, 'spec', 'selector') ?? {}).length > 0)
    .filter(
      (service) =>
        !near(service, manifests).some((one) => selects(wordsAt(service, 'spec', 'selector'), podLabelsOf(one))),
    )
    .map((service) => ({
      says: 'It selects no pod.',
      read: [fieldOf(service, ['spec', 'selector'])],
      change: 'Select labels that the pods have.',
    }));
}

/** Of whatever makes pods, a DaemonSet too, or is one. */
function podLabelsOf(one: Manifest): Readonly<Record<string, string>> {
  return one.kind === 'Pod' ? one.metadata.labels : (wordsAt(one, 'spec', 'template', 'metadata', 'labels') ?? {});
}

export const serviceType: Rule = {
  id: 'service-type',
  severity: 'error',
  title: 'no Service opens a port of every node',
  source: 'kube-score service-type',
  check: (workload, all) =>
    servicesOf(workload, all)
      // An ALB whose targets are nodes goes by it.
      .filter(() => loadBalancersOf(workload, all).every(({ targetsPods }) => targetsPods))
      .filter((service) => valueAt(service, ['spec', 'type']) === 'NodePort')
      .map((service): Finding => ({
        says: 'Every node listens for it, past every gateway.',
        read: [fieldOf(service, ['spec', 'type'])],
        change: 'Use ClusterIP behind a gateway, or LoadBalancer.',
      })),
};

export const networkPolicy: Rule = {
  id: 'network-policy',
  severity: 'warning',
  title: 'a NetworkPolicy says who may talk to the pods',
  source: 'kube-linter non-isolated-pod; kube-score pod-networkpolicy',
  check: (workload, all): Finding[] =>
    selecting('NetworkPolicy', 'podSelector', workload, all).length > 0
      ? []
      : [
          {
            says: 'Every pod of the cluster may talk to every port of these, the management port too.',
            read: [fieldOf(workload.manifest, ['spec', 'selector', 'matchLabels'])],
            change: 'Add a NetworkPolicy, or waive this where the namespace has one of its own.',
          },
        ],
};

/** What the API server has served no more for some releases, and what instead. */
const REMOVED: Readonly<Record<string, string>> = {
  'extensions/v1beta1': 'apps/v1, networking.k8s.io/v1',
  'apps/v1beta1': 'apps/v1',
  'apps/v1beta2': 'apps/v1',
  'policy/v1beta1': 'policy/v1',
  'autoscaling/v2beta1': 'autoscaling/v2',
  'autoscaling/v2beta2': 'autoscaling/v2',
  'networking.k8s.io/v1beta1': 'networking.k8s.io/v1',
};

export const apiVersion: Rule = {
  id: 'api-version',
  severity: 'error',
  title: 'every kind is asked for in a version that is served',
  source: 'Kubernetes 1.37, "Deprecated API Migration Guide"; kube-score stable-version',
  check: (workload, all) =>
    withFirst(workload, all, () =>
      all.manifests
        .filter((one) => one.apiVersion in REMOVED)
        .map((one) => ({
          says: `The API server does not know ${one.kind} in this version any more.`,
          read: [fieldOf(one, ['apiVersion'])],
          change: `Use ${REMOVED[one.apiVersion]}.`,
        })),
    ),
};

const VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;

export const labelled: Rule = {
  id: 'labels',
  severity: 'error',
  title: 'the workload and its pods carry app.kubernetes.io/name, and every label is valid',
  source: 'Kubernetes 1.37, "Recommended Labels", "Labels and Selectors"; kube-score label-values',
  check: ({ manifest, labels }): Finding[] => {
    const places = [
      { at: ['metadata', 'labels'], has: manifest.metadata.labels },
      { at: ['spec', 'template', 'metadata', 'labels'], has: labels },
    ];
    return places
      .filter(
        ({ has }) => !('app.kubernetes.io/name' in has) || !Object.values(has).every((value) => VALUE.test(value)),
      )
      .map(({ at }) => ({
        says: `${nameOf(manifest)} is not labelled as tools expect it.`,
        read: [fieldOf(manifest, at)],
        change:
          'Add app.kubernetes.io/name, and let values be letters, digits, dots, dashes and underscores, 63 at most.',
      }));
  },
};

/** Fields of the workload's own, written one level too deep: kubectl warns of them, other tools drop them silently. */
export const misplaced: Rule = {
  id: 'misplaced',
  severity: 'error',
  title: 'what says how pods are replaced stands in the workload, not in the pod',
  source: 'Kubernetes 1.37, "API reference", DeploymentSpec; kubectl --validate',
  check: ({ pod, podField }) =>
    ['strategy', 'replicas', 'minReadySeconds', 'progressDeadlineSeconds']
      .filter((name) => name in pod)
      .map((name): Finding => ({
        says: `A pod has no field ${name}: it is refused or dropped.`,
        read: [podField([name])],
        change: 'Move it two levels up, to `spec`.',
      })),
};
