/** The rules of good practice. */
import { production, scaled, sidecar } from '../fixtures.js';
import { type Case, natives, type Change } from './case.js';

const POLICY = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'ebb' } };
const GRACE = { name: 'TERMINATION_GRACE_PERIOD_SECONDS', value: '60' };
const secured =
  (path: string, value: unknown): Change =>
  (r) =>
    r.container(`securityContext.${path}`, value);

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
    wrong: [(r) => r.grace(121)],
    right: [(r) => r.grace(121).pod('nodeSelector', undefined)],
  },
  { rule: 'node-drained', wrong: [(r) => r.grace(601)], right: [(r) => r.grace(600)] },
  {
    rule: 'rolling-update',
    wrong: [(r) => r.deployment('strategy', { type: 'Recreate' }), (r) => r.deployment('strategy', undefined)],
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
      (r) =>
        r
          .set('PodDisruptionBudget', 'spec.minAvailable', 3)
          .set('PodDisruptionBudget', 'spec.maxUnavailable', undefined),
      (r) => r.set('PodDisruptionBudget', 'spec.unhealthyPodEvictionPolicy', undefined),
    ],
    right: [
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
    right: [(r) => r.container('livenessProbe.httpGet.port', 9000)],
  },
  { rule: 'own-ports', wrong: [(r) => r.env('PORT', '3001')] },
  {
    rule: 'duplicates',
    wrong: [
      natives({ ports: [{ containerPort: 9000 }] }),
      natives({ ports: [{ name: 'http', containerPort: 1 }] }),
      (r) => r.container('env', [GRACE, GRACE]),
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
    wrong: [undefined, true].map((value) => (r) => r.pod('automountServiceAccountToken', value)),
  },
  {
    rule: 'service-account',
    wrong: [(r) => r.pod('serviceAccountName', undefined), (r) => r.pod('serviceAccountName', 'elsewhere')],
  },
  {
    rule: 'secret-in-env',
    wrong: [(r) => r.env('DB_PASSWORD', 'hunter2')],
    right: [(r) => r.env('DB_PASSWORD', ''), (r) => r.env('TOKEN_URL', 'https://example.org')],
  },
  {
    rule: 'secret-in-config-map',
    wrong: [(r) => r.set('ConfigMap', 'data.API_KEY', 'hunter2')],
    right: [(r) => r.set('ConfigMap', 'data.API_KEY', ''), (r) => r.set('ConfigMap', 'data.API_KEY_FILE', '/run/key')],
  },
  {
    rule: 'selector',
    wrong: [(r) => r.deployment('selector.matchLabels', { app: 'other' })],
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
    ],
  },
  { rule: 'service-type', wrong: [(r) => r.set('Service', 'spec.type', 'NodePort')] },
  {
    rule: 'labels',
    wrong: [
      (r) => r.set('Deployment', 'metadata.labels', { app: 'ebb' }),
      (r) => r.set('Deployment', 'metadata.labels.team', 'a b'),
    ],
    right: [(r) => r.set('Deployment', 'metadata.labels.team', '')],
  },
  { rule: 'api-version', wrong: [(r) => r.set('PodDisruptionBudget', 'apiVersion', 'policy/v1beta1')] },
  { rule: 'misplaced', wrong: [(r) => r.pod('strategy', { type: 'RollingUpdate' })] },
];
