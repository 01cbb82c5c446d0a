/** Pod Security `restricted`, rule by rule, and what of the same kind it leaves open. */
import { fieldOf, type Manifest, type Step } from '../manifest.js';
import type { Container, PodSpec } from '../pod.js';
import { near, wordsAt } from '../related.js';
import { type Finding, type Rule, withFirst } from '../rule.js';
import type { Workload } from '../workload.js';

const SOURCE = 'Kubernetes 1.37, "Pod Security Standards"';

/** A rule for each container, init containers included. */
function forContainers(
  about: Omit<Rule, 'severity' | 'check' | 'source'> & { readonly source?: string; readonly change: string },
  offends: (container: Container, workload: Workload) => { says: string; at: readonly Step[] } | undefined,
): Rule {
  const { change, source = SOURCE, ...rest } = about;
  return {
    ...rest,
    source,
    severity: 'error',
    check: (workload) =>
      [...workload.pod.initContainers, ...workload.pod.containers].flatMap((container): Finding[] => {
        const offence = offends(container, workload);
        return offence === undefined
          ? []
          : [
              {
                says: `Container ${container.name} ${offence.says}.`,
                read: [workload.field(container, offence.at)],
                change,
              },
            ];
      }),
  };
}

export const nonRoot = forContainers(
  {
    id: 'run-as-non-root',
    title: 'nothing runs as root',
    change: 'Set runAsNonRoot: true and a runAsUser that is not 0.',
  },
  ({ securityContext: own }, { pod: { securityContext: shared } }) => {
    const isRoot = (own.runAsUser ?? shared.runAsUser) === 0;
    return (own.runAsNonRoot ?? shared.runAsNonRoot) === true && !isRoot
      ? undefined
      : { says: 'may run as root', at: ['securityContext', isRoot ? 'runAsUser' : 'runAsNonRoot'] };
  },
);

export const seccomp = forContainers(
  { id: 'seccomp', title: 'system calls are filtered', change: 'Set seccompProfile.type: RuntimeDefault for the pod.' },
  ({ securityContext: own }, { pod: { securityContext: shared } }) =>
    ['RuntimeDefault', 'Localhost'].includes((own.seccompProfile ?? shared.seccompProfile)?.type ?? '')
      ? undefined
      : { says: 'may make every system call', at: ['securityContext', 'seccompProfile'] },
);

export const privilege = forContainers(
  {
    id: 'privilege',
    title: 'nothing gains privileges',
    change: 'Set allowPrivilegeEscalation: false, and no privileged: true.',
  },
  ({ securityContext: { allowPrivilegeEscalation, privileged } }) =>
    allowPrivilegeEscalation === false && privileged !== true
      ? undefined
      : {
          says: 'may gain privileges',
          at: ['securityContext', privileged === true ? 'privileged' : 'allowPrivilegeEscalation'],
        },
);

export const capabilities = forContainers(
  { id: 'capabilities', title: 'no capability is kept but NET_BIND_SERVICE', change: 'Set capabilities.drop: [ALL].' },
  ({ securityContext: { capabilities: has } }) =>
    has?.drop.includes('ALL') === true && has.add.every((name) => name === 'NET_BIND_SERVICE')
      ? undefined
      : { says: 'keeps capabilities', at: ['securityContext', 'capabilities'] },
);

export const readOnlyRoot = forContainers(
  {
    id: 'read-only-root',
    title: 'the root filesystem is read-only',
    source: 'kube-linter no-read-only-root-fs; kube-score; polaris',
    change: 'Set readOnlyRootFilesystem: true, and mount an emptyDir where it has to write.',
  },
  ({ securityContext: { readOnlyRootFilesystem } }) =>
    readOnlyRootFilesystem === true
      ? undefined
      : { says: 'can change its own program', at: ['securityContext', 'readOnlyRootFilesystem'] },
);

/** Restricted since 1.34: a probe could be made to ask somebody else from the node. */
export const probeHost = forContainers(
  { id: 'probe-host', title: 'no probe and no hook names a host', change: 'Take `host` away: the pod is asked.' },
  ({ lifecycle, ...container }) => {
    const asked: [
      readonly Step[],
      (
        | { httpGet?: { host?: string | undefined } | undefined; tcpSocket?: { host?: string | undefined } | undefined }
        | undefined
      ),
    ][] = [
      [['startupProbe'], container.startupProbe],
      [['readinessProbe'], container.readinessProbe],
      [['livenessProbe'], container.livenessProbe],
      [['lifecycle', 'preStop'], lifecycle.preStop],
      [['lifecycle', 'postStart'], lifecycle.postStart],
    ];
    const found = asked.find(([, one]) => (one?.httpGet?.host ?? one?.tcpSocket?.host ?? '') !== '');
    return found === undefined ? undefined : { says: 'has the node ask another host', at: found[0] };
  },
);

const VOLUMES = new Set(
  'name configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' '),
);

export const hostAccess: Rule = {
  id: 'host-access',
  severity: 'error',
  title: 'nothing of the node is shared: network, processes, ports, files',
  source: SOURCE,
  check: ({ pod, longRunning, podField, field }): Finding[] => {
    const change = 'Take it away.';
    return [
      ...(['hostNetwork', 'hostPID', 'hostIPC'] as const)
        .filter((name) => pod[name] === true)
        .map((name): Finding => ({ says: `The pod shares ${name} with its node.`, read: [podField([name])], change })),
      ...pod.volumes
        .filter((volume) => Object.keys(volume).some((kind) => !VOLUMES.has(kind)))
        .map(({ name }): Finding => ({
          says: `Volume ${name} is of a kind that the profile refuses.`,
          read: [podField(['volumes', { name }])],
          change,
        })),
      ...longRunning
        .filter(({ ports }) => ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0))
        .map((container): Finding => ({
          says: `Container ${container.name} takes a port of its node.`,
          read: [field(container, ['ports'])],
          change,
        })),
    ];
  },
};

export const token: Rule = {
  id: 'service-account-token',
  severity: 'error',
  title: 'no token of the Kubernetes API is in the pod unless asked for',
  source: 'Kubernetes 1.37, "Configure Service Accounts for Pods"; polaris automountServiceAccountToken',
  check: ({ manifest, pod, podField }, { manifests }): Finding[] =>
    (pod.automountServiceAccountToken ?? accountOf(pod, manifest, manifests)?.['automountServiceAccountToken']) ===
    false
      ? []
      : [
          {
            says: 'Whoever gets into the pod may use its account.',
            read: [podField(['automountServiceAccountToken'], 'true')],
            change: 'Set automountServiceAccountToken: false.',
          },
        ],
};

function accountOf(pod: PodSpec, workload: Manifest, manifests: readonly Manifest[]): Manifest | undefined {
  const name = pod.serviceAccountName ?? pod.serviceAccount ?? 'default';
  return near(workload, manifests).find((one) => one.kind === 'ServiceAccount' && one.metadata.name === name);
}

export const account: Rule = {
  id: 'service-account',
  severity: 'error',
  title: 'the pod runs under an account of its own, which is there',
  source: 'kube-linter default-service-account, non-existent-service-account',
  check: ({ manifest, pod, podField }, { manifests }): Finding[] => {
    const name = pod.serviceAccountName ?? pod.serviceAccount ?? 'default';
    const isThere = accountOf(pod, manifest, manifests) !== undefined;
    return name !== 'default' && isThere
      ? []
      : [
          {
            says:
              name === 'default'
                ? 'The account `default` is shared by every pod that names none: what is granted to it is granted to all.'
                : `ServiceAccount ${name} is not among the objects: pods are not created without it.`,
            read: [podField(['serviceAccountName'], 'default')],
            change: 'Add a ServiceAccount and name it.',
          },
        ];
  },
};

/** By the name of a variable or a key. */
const SECRET = /(passwords?|passwd|secrets?|token|api_?keys?|private_?keys?|credentials?)$/i;

export const secretInEnv = forContainers(
  {
    id: 'secret-in-env',
    title: 'no secret stands in a manifest',
    source: 'kube-linter env-var-secret; polaris',
    change: 'Take it from a Secret, with valueFrom.secretKeyRef or as a file.',
  },
  ({ env }) => {
    const found = env.find(({ name, value = '' }) => SECRET.test(name) && value !== '');
    return found === undefined
      ? undefined
      : // Its value would be in the report.
        { says: `has what looks like a secret in ${found.name}`, at: ['env', { name: found.name }, 'name'] };
  },
);

/** What is in a ConfigMap, everybody reads who may read the namespace. */
export const secretInConfigMap: Rule = {
  id: 'secret-in-config-map',
  severity: 'error',
  title: 'no secret stands in a ConfigMap',
  source: 'polaris sensitiveConfigMapContent',
  check: (workload, all) =>
    withFirst(workload, all, () =>
      all.manifests
        .filter(({ kind }) => kind === 'ConfigMap')
        .flatMap((map) =>
          Object.entries(wordsAt(map, 'data') ?? {})
            .filter(([key, value]) => SECRET.test(key) && value !== '')
            .map(([key]): Finding => ({
              says: `It has what looks like a secret in ${key}.`,
              // Its value would be in the report.
              read: [{ ...fieldOf(map, ['data', key]), value: '…' }],
              change: 'Put it into a Secret.',
            })),
        ),
    ),
};
