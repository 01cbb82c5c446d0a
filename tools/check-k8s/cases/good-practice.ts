/** The rules of good practice. */
import { behindAlb, name, production, scaled, sidecar } from '../fixtures.js';
import { type Case, natives, type Change } from './case.js';

const POLICY = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'ebb' } };
const GRACE = { name: 'TERMINATION_GRACE_PERIOD_SECONDS', value: '60' };
const PRE_STOP = { name: 'PRE_STOP_SECONDS', value: '10' };
const secured =
  (path: string, value: unknown): Change =>
  (r) =>
    r.container(`securityContext.${path}`, value);

const notIn = (value: string) => ({
  matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'NotIn', values: [value] }],
});
const onSpot = (operator: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'karpenter.sh/capacity-type', operator, values: ['spot'] }] }],
    },
  },
});
const DAEMON_SET = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'daemon' },
  spec: { template: { metadata: { labels: { app: 'daemon' } } } },
};
const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'daemon' } };

export const GOOD_PRACTICE: readonly Case[] = [
  {
    rule: 'autoscaler-minimum',
    from: scaled,
    wrong: [1, undefined].map((least) => (r) => r.set('HorizontalPodAutoscaler', 'spec.minReplicas', least)),
    right: [(r) => r.set('HorizontalPodAutoscaler', 'spec.scaleTargetRef.name', 'other').deployment('replicas', 2)],
  },
  { rule: 'autoscaler-owns-replicas', from: scaled, wrong: [(r) => r.deployment('replicas', 3)] },
  { rule: 'replicas', wrong: [(r) => r.deployment('replicas', undefined)] },
  {
    rule: 'spot-notice',
    from: () => production().grace(120).pod('nodeSelector', { 'karpenter.sh/capacity-type': 'spot' }),
    wrong: [
      (r) => r.grace(121),
      (r) => r.pod('nodeSelector', { 'cloud.google.com/gke-spot': 'true' }),
      (r) => r.pod('nodeSelector', undefined).pod('tolerations', [{ key: 'kubernetes.azure.com/scalesetpriority' }]),
      (r) => r.grace(121).pod('nodeSelector', undefined).pod('affinity', onSpot('In')),
    ],
    right: [
      (r) => r.grace(121).pod('nodeSelector', undefined),
      (r) => r.grace(121).pod('nodeSelector', { team: 'spotlight' }),
      (r) => r.grace(121).pod('nodeSelector', undefined).pod('affinity', onSpot('NotIn')),
    ],
  },
  { rule: 'node-drained', wrong: [(r) => r.grace(601)], right: [(r) => r.grace(600)] },
  {
    rule: 'rolling-update',
    wrong: [
      (r) => r.deployment('strategy', { type: 'Recreate' }),
      (r) => r.deployment('strategy', undefined).deployment('replicas', 4),
      () => scaled().deployment('strategy', undefined),
    ],
    // A quarter of three is none.
    right: [(r) => r.deployment('strategy', undefined)],
  },
  {
    rule: 'spread',
    wrong: [
      (r) => r.pod('topologySpreadConstraints', undefined),
      (r) => r.pod('topologySpreadConstraints', [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname' }]),
    ],
    right: [(r) => r.pod('topologySpreadConstraints', undefined).pod('affinity', { podAntiAffinity: {} })],
  },
  {
    rule: 'disruption-budget',
    wrong: [
      (r) => r.remove('PodDisruptionBudget'),
      (r) => r.set('PodDisruptionBudget', 'spec.selector.matchLabels', { app: 'other' }),
      (r) => r.set('PodDisruptionBudget', 'spec.maxUnavailable', 0),
      // Of three, rounded up.
      (r) =>
        r
          .set('PodDisruptionBudget', 'spec.minAvailable', '67%')
          .set('PodDisruptionBudget', 'spec.maxUnavailable', undefined),
      (r) => r.set('PodDisruptionBudget', 'spec.selector', notIn(name)),
      // Two of them.
      (r) =>
        r.add(structuredClone(r.objects.find((one) => (one as { kind: string }).kind === 'PodDisruptionBudget') ?? {})),
      (r) =>
        r
          .set('PodDisruptionBudget', 'spec.minAvailable', 3)
          .set('PodDisruptionBudget', 'spec.maxUnavailable', undefined),
      (r) => r.set('PodDisruptionBudget', 'spec.unhealthyPodEvictionPolicy', undefined),
    ],
    right: [
      (r) => r.set('PodDisruptionBudget', 'spec.selector', {}),
      (r) => r.set('PodDisruptionBudget', 'spec.selector', notIn('other')),
      (r) =>
        r
          .set('PodDisruptionBudget', 'spec.minAvailable', '66%')
          .set('PodDisruptionBudget', 'spec.maxUnavailable', undefined),
      (r) =>
        r
          .set('PodDisruptionBudget', 'spec.minAvailable', 2)
          .set('PodDisruptionBudget', 'spec.maxUnavailable', undefined),
    ],
  },
  {
    rule: 'network-policy',
    wrong: [
      (r) => r.remove('NetworkPolicy'),
      (r) => r.remove('NetworkPolicy').add({ ...POLICY, spec: { podSelector: { matchLabels: { app: 'other' } } } }),
    ],
    right: [(r) => r.remove('NetworkPolicy').add({ ...POLICY, spec: { podSelector: {} } })],
  },
  {
    rule: 'image',
    wrong: ['ebb', 'ebb:latest', 'registry:5000/ebb'].map((image) => (r) => r.container('image', image)),
    right: ['ebb:1', `registry:5000/ebb@sha256:${'0'.repeat(64)}`].map((image) => (r) => r.container('image', image)),
  },
  {
    rule: 'resources',
    wrong: [
      ...[
        'requests.cpu',
        'requests.memory',
        'requests.ephemeral-storage',
        'limits.memory',
        'limits.ephemeral-storage',
      ].map(
        (path): Change =>
          (r) =>
            r.container(`resources.${path}`, undefined),
      ),
      natives({ resources: {} }),
    ],
    right: [(r) => r.container('resources.requests.cpu', 1)],
  },
  {
    rule: 'probe-port',
    wrong: [
      (r) => r.container('livenessProbe.httpGet.port', 'admin'),
      (r) => r.container('startupProbe.httpGet.port', 9001),
    ],
    right: [
      (r) => r.container('livenessProbe.httpGet.port', 9000),
      (r) => natives({ ports: [{ containerPort: 9002 }] })(r).container('livenessProbe.httpGet.port', 9002),
    ],
  },
  { rule: 'own-ports', wrong: [(r) => r.env('PORT', '3001')] },
  {
    rule: 'duplicates',
    wrong: [
      natives({ ports: [{ containerPort: 9000 }] }),
      natives({ ports: [{ name: 'http', containerPort: 1 }] }),
      (r) => r.container('env', [PRE_STOP, GRACE, GRACE]),
    ],
    right: [natives({ ports: [{ containerPort: 9000, protocol: 'UDP' }] })],
  },
  {
    rule: 'run-as-non-root',
    wrong: [
      (r) => r.pod('securityContext.runAsNonRoot', undefined),
      secured('runAsNonRoot', false),
      secured('runAsUser', 0),
    ],
    right: [(r) => secured('runAsNonRoot', true)(r.pod('securityContext.runAsNonRoot', undefined))],
  },
  {
    rule: 'seccomp',
    wrong: [
      (r) => r.pod('securityContext.seccompProfile', undefined),
      secured('seccompProfile', { type: 'Unconfined' }),
    ],
    right: [secured('seccompProfile', { type: 'Localhost', localhostProfile: 'own.json' })],
  },
  { rule: 'privilege', wrong: [secured('allowPrivilegeEscalation', undefined), secured('privileged', true)] },
  {
    rule: 'capabilities',
    wrong: [secured('capabilities', undefined), secured('capabilities', { drop: ['ALL'], add: ['NET_ADMIN'] })],
    right: [secured('capabilities', { drop: ['ALL'], add: ['NET_BIND_SERVICE'] })],
  },
  {
    rule: 'read-only-root',
    wrong: [
      secured('readOnlyRootFilesystem', false),
      natives({ securityContext: { ...sidecar.securityContext, readOnlyRootFilesystem: undefined } }),
    ],
  },
  {
    rule: 'probe-host',
    wrong: [
      (r) => r.container('livenessProbe.httpGet.host', '127.0.0.1'),
      (r) => r.container('lifecycle.postStart', { tcpSocket: { port: 1, host: 'other' } }),
    ],
    right: [(r) => r.container('livenessProbe.httpGet.host', '')],
  },
  {
    rule: 'host-access',
    wrong: [
      (r) => r.pod('hostNetwork', true),
      (r) => r.pod('hostPID', true),
      (r) => r.pod('hostIPC', true),
      (r) => r.pod('volumes', [{ name: 'tmp', hostPath: { path: '/tmp' } }]),
      (r) => r.container('ports.[name=http].hostPort', 80),
    ],
    right: [(r) => r.pod('hostNetwork', false)],
  },
  {
    rule: 'service-account-token',
    wrong: [
      (r) => r.pod('automountServiceAccountToken', true),
      (r) =>
        r
          .pod('automountServiceAccountToken', undefined)
          .set('ServiceAccount', 'automountServiceAccountToken', undefined),
    ],
    right: [(r) => r.pod('automountServiceAccountToken', undefined)],
  },
  {
    rule: 'service-account',
    wrong: [(r) => r.pod('serviceAccountName', undefined), (r) => r.pod('serviceAccountName', 'elsewhere')],
  },
  {
    rule: 'secret-in-env',
    wrong: [(r) => r.env('DB_PASSWORD', 'hunter2')],
    right: [
      (r) => r.env('DB_PASSWORD', ''),
      (r) => r.env('TOKEN_URL', 'https://example.org'),
      (r) => r.env('MAX_TOKENS', '9'),
    ],
  },
  {
    rule: 'secret-in-config-map',
    wrong: [(r) => r.set('ConfigMap', 'data.API_KEY', 'hunter2')],
    right: [(r) => r.set('ConfigMap', 'data.API_KEY', ''), (r) => r.set('ConfigMap', 'data.API_KEY_FILE', '/run/key')],
  },
  {
    rule: 'selector',
    wrong: [(r) => r.deployment('selector.matchLabels', { app: 'other' })],
    right: [
      (r) => r.deployment('selector', { matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'Exists' }] }),
    ],
  },
  {
    rule: 'service-leads',
    wrong: [
      (r) => r.set('Service', 'spec.ports', [{ port: 80, targetPort: 'no' }]),
      (r) => r.set('Service', 'spec.ports', [{ port: 80 }]),
      (r) => r.set('Service', 'spec.selector', { app: 'other' }),
    ],
    right: [
      (r) => r.set('Service', 'spec.ports', [{ port: 80, targetPort: 3000 }]),
      (r) => r.set('Service', 'spec.selector', undefined),
      (r) => r.add(DAEMON_SET, { ...SERVICE, spec: { selector: { app: 'daemon' }, ports: [] } }),
    ],
  },
  {
    rule: 'service-type',
    wrong: [
      (r) => r.set('Service', 'spec.type', 'NodePort'),
      () => behindAlb().set('Service', 'spec.type', 'NodePort'),
    ],
    // It goes to the nodes.
    right: [
      () =>
        behindAlb()
          .set('Ingress', "metadata.annotations.'alb.ingress.kubernetes.io/target-type'", 'instance')
          .set('Service', 'spec.type', 'NodePort'),
    ],
  },
  {
    rule: 'labels',
    wrong: [
      (r) => r.set('Deployment', 'metadata.labels', { app: 'ebb' }),
      (r) => r.set('Deployment', 'metadata.labels.team', 'a b'),
    ],
    right: [(r) => r.set('Deployment', 'metadata.labels.team', '')],
  },
  {
    rule: 'api-version',
    wrong: [(r) => r.set('PodDisruptionBudget', 'apiVersion', 'policy/v1beta1')],
    // Somebody else's kind of the same name.
    right: [
      (r) =>
        r.add({ apiVersion: 'projectcalico.org/v3', kind: 'NetworkPolicy', metadata: { name: 'calico' }, spec: {} }),
    ],
  },
  { rule: 'misplaced', wrong: [(r) => r.pod('strategy', { type: 'RollingUpdate' })] },
];
