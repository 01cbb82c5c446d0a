/** How objects find each other, and what they are called. */
import { fieldOf, type Manifest, nameOf, selects, valueAt } from '../manifest.js';
import { sameNamespace, servicesOf, wordsAt } from '../related.js';
import type { Finding, Objects, Rule } from '../rule.js';
import type { Workload } from '../workload.js';
import { declares } from './container.js';

/** What concerns no workload in particular is said once, with the first one. */
const withFirst = (workload: Workload, all: Objects, found: () => Finding[]) =>
  all.workloads[0] === workload ? found() : [];

export const selector: Rule = {
  id: 'selector',
  severity: 'error',
  title: 'a workload selects the pods it makes',
  source: 'kube-linter mismatching-selector; kube-score deployment-pod-selector-labels-match-template-metadata-labels',
  check: ({ manifest, spec, labels }): Finding[] =>
    selects(spec.selector.matchLabels, labels)
      ? []
      : [
          {
            says: 'The API server refuses it: its selector does not select its own pods.',
            read: [
              fieldOf(manifest, ['spec', 'selector', 'matchLabels']),
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
  const ports = valueAt(service, ['spec', 'ports']);
  return (Array.isArray(ports) ? ports : [])
    .map((port: unknown) => valueAt(port, ['targetPort']) ?? valueAt(port, ['port']))
    .filter(
      (port): port is string | number =>
        (typeof port === 'string' || typeof port === 'number') && !longRunning.some((one) => declares(one, port)),
    )
    .map((port) => ({
      says: `It leads to port ${port}, which no container of the pod declares.`,
      read: [fieldOf(service, ['spec', 'ports'])],
      change: 'Correct targetPort, or declare the port.',
    }));
}

function dangling({ manifests, workloads }: Objects): Finding[] {
  return manifests
    .filter((one) => one.kind === 'Service' && Object.keys(wordsAt(one, 'spec', 'selector') ?? {}).length > 0)
    .filter(
      (service) =>
        !workloads.some(
          ({ manifest, labels }) =>
            sameNamespace(service, manifest) && selects(wordsAt(service, 'spec', 'selector'), labels),
        ),
    )
    .map((service) => ({
      says: 'It selects no pod.',
      read: [fieldOf(service, ['spec', 'selector'])],
      change: 'Select labels that the pods have.',
    }));
}

export const serviceType: Rule = {
  id: 'service-type',
  severity: 'error',
  title: 'no Service opens a port of every node',
  source: 'kube-score service-type',
  check: (workload, all) =>
    servicesOf(workload, all)
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
  check: (workload, all): Finding[] => {
    const everything = all.manifests.some(
      (one) =>
        one.kind === 'NetworkPolicy' &&
        sameNamespace(one, workload.manifest) &&
        Object.keys(wordsAt(one, 'spec', 'podSelector') ?? {}).length === 0,
    );
    const isSelected = all.manifests.some(
      (one) =>
        one.kind === 'NetworkPolicy' &&
        sameNamespace(one, workload.manifest) &&
        selects(wordsAt(one, 'spec', 'podSelector', 'matchLabels'), workload.labels),
    );
    return everything || isSelected
      ? []
      : [
          {
            says: 'Every pod of the cluster may talk to every port of these, the management port too.',
            read: [fieldOf(workload.manifest, ['spec', 'selector', 'matchLabels'])],
            change: 'Add a NetworkPolicy, or waive this where the namespace has one of its own.',
          },
        ];
  },
};

const STABLE: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};

export const apiVersion: Rule = {
  id: 'api-version',
  severity: 'error',
  title: 'every kind is asked for in its stable version',
  source: 'Kubernetes 1.37, "Deprecated API Migration Guide"; kube-score stable-version',
  check: (workload, all) =>
    withFirst(workload, all, () =>
      all.manifests
        .filter((one) => (STABLE[one.kind] ?? one.apiVersion) !== one.apiVersion)
        .map((one) => ({
          says: `The API server does not know ${one.kind} in this version, or will not for long.`,
          read: [fieldOf(one, ['apiVersion'])],
          change: `Use ${STABLE[one.kind]}.`,
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
