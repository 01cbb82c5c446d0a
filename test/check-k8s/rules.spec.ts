/** Every rule beside what it objects to, and what comes as near to that as is right. */
import { describe, expect, it } from '@jest/globals';
import {
  behindAlb,
  behindNeg,
  behindNlb,
  name,
  NLB,
  production,
  type Rendered,
  scaled,
  sidecar,
  TYPICAL,
} from './fixtures.js';
import { check } from './check.js';
import { RULES } from './rules.js';

type Change = (rendered: Rendered) => Rendered;

interface Case {
  readonly rule: string;
  /** Right as it is. Absent: the production overlay. */
  readonly from?: () => Rendered;
  readonly wrong: readonly Change[];
  /** Right as well. */
  readonly right?: readonly Change[];
}

const dereg = (seconds: string) => (r: Rendered) =>
  r.set('Ingress', "metadata.annotations.'alb.ingress.kubernetes.io/target-group-attributes'", seconds);
const idle = (seconds: number) => (r: Rendered) =>
  r.set(
    'Ingress',
    "metadata.annotations.'alb.ingress.kubernetes.io/load-balancer-attributes'",
    `routing.http2.enabled=true,idle_timeout.timeout_seconds=${seconds}`,
  );
const NLB_LISTENER = `metadata.annotations.'${NLB}listener-attributes.TCP-443'`;
const NLB_ATTRIBUTES = `metadata.annotations.'${NLB}target-group-attributes'`;
const albSays = (key: string, value: string | undefined) => (r: Rendered) =>
  r.set('Ingress', `metadata.annotations.'alb.ingress.kubernetes.io/${key}'`, value);
const nlbSays = (key: string, value: string | undefined) => (r: Rendered) =>
  r.set('Service', `metadata.annotations.'${NLB}healthcheck-${key}'`, value);
const gkeSays = (key: string, value: number | string | undefined) => (r: Rendered) =>
  r.set('BackendConfig', `spec.healthCheck.${key}`, value);
/** The same in the words of GKE's Gateway. */
const healthCheckPolicy = (more: object) => (r: Rendered) =>
  r.set('BackendConfig', 'spec.healthCheck', undefined).add({
    apiVersion: 'networking.gke.io/v1',
    kind: 'HealthCheckPolicy',
    metadata: { name },
    spec: {
      default: {
        timeoutSec: 2,
        config: { type: 'HTTP', httpHealthCheck: { requestPath: '/readyz', port: 9000 } },
        ...more,
      },
      targetRef: { group: '', kind: 'Service', name },
    },
  });
const annotated = (annotations: Record<string, string>) => () => production().grace(75).annotate(annotations);
const annotate = (key: string, ...values: string[]): readonly Change[] =>
  values.map((value) => (r) => r.annotate({ [key]: value }));
const natives = (more: object) => (r: Rendered) => r.pod('initContainers', [{ ...sidecar, ...more }]);
const beside = (more: object): Rendered => {
  const rendered = production().grace(75);
  const deployment = rendered.objects.find((one) => (one as { kind: string }).kind === 'Deployment') as {
    spec: { template: { spec: { containers: object[] } } };
  };
  const { restartPolicy: _, ...regular } = sidecar;
  deployment.spec.template.spec.containers.push({ ...regular, ...more });
  return rendered;
};
const envoyYaml = (timeout: string, ofClients: string) => `static_resources:
  listeners:
    - { stat_prefix: inbound, common_http_protocol_options: { ${ofClients} }, route: { cluster: app } }
    - { stat_prefix: outbound, common_http_protocol_options: { idle_timeout: 1s }, route: { cluster: elsewhere } }
  clusters:
    - name: app
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          common_http_protocol_options: { ${timeout} }
      load_assignment: { endpoints: { address: 127.0.0.1, "port_value": 3000 } }
`;
const envoyConfig = (timeout: string, ofClients = 'idle_timeout: 75s') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'envoy' },
  data: { 'envoy.yaml': envoyYaml(timeout, ofClients) },
});
const withEnvoy = (rendered = production()) =>
  rendered
    .pod('volumes', [
      { name: 'tmp', emptyDir: {} },
      { name: 'envoy', configMap: { name: 'envoy' } },
    ])
    .add(envoyConfig('idle_timeout: 60s'));
/** The object that was added last is the one that is replaced. */
const envoyIdle = (timeout: string, ofClients?: string) => (r: Rendered) => {
  r.objects.pop();
  return r.add(envoyConfig(timeout, ofClients));
};
const route = (request: string | undefined, backend = name) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec: {
    rules: [
      { backendRefs: [{ name: backend, port: 80 }], ...(request === undefined ? {} : { timeouts: { request } }) },
    ],
  },
});
/** Another one in place of the last. */
const routed = (one: object) => (r: Rendered) => {
  r.objects.pop();
  return r.add(one);
};
const POLICY = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'ebb' } };
const GRACE = { name: 'TERMINATION_GRACE_PERIOD_SECONDS', value: '60' };
const PROXY = 'proxy.istio.io/config';
const WAIT = 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds';
const LINKERD_END = 'config.linkerd.io/shutdown-grace-period';
const CONSUL = 'consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds';
const secured =
  (path: string, value: unknown): Change =>
  (r) =>
    r.container(`securityContext.${path}`, value);

const CASES: readonly Case[] = [
  {
    rule: 'settings',
    wrong: [
      (r) => r.env('CLEANUP_SECONDS', 'soon'),
      (r) => r.env('TERMINATION_GRACE_PERIOD_SECONDS', 'copied-by-termination-env'),
      (r) => r.env('PROPAGATION_SECONDS', '-1'),
      (r) => r.container('envFrom', [{ configMapRef: { name: 'elsewhere' } }]),
    ],
    right: [
      (r) => r.container('envFrom', [{ secretRef: { name: 'elsewhere' } }]),
      (r) =>
        r
          .container('envFrom', [{ configMapRef: { name: 'here' } }])
          .add({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'here' }, data: { CLEANUP_SECONDS: '4' } }),
    ],
  },
  {
    rule: 'slices-fit',
    // A variable that is among the objects counts.
    wrong: [
      (r) =>
        r
          .container('envFrom', [{ configMapRef: { name: 'here' } }])
          .add({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'here' }, data: { CLEANUP_SECONDS: '40' } }),
    ],
  },
  {
    rule: 'pre-stop',
    wrong: [(r) => r.container('lifecycle', undefined), (r) => r.container('lifecycle', { preStop: {} })],
    right: [(r) => r.container('lifecycle', { preStop: { exec: { command: ['sleep', '10'] } } })],
  },
  { rule: 'pre-stop-shorter', wrong: [(r) => r.preStop(60), (r) => r.preStop(61)] },
  { rule: 'env-agrees', wrong: [(r) => r.pod('terminationGracePeriodSeconds', 90)] },
  { rule: 'propagation', wrong: [(r) => r.env('PROPAGATION_SECONDS', '15.5')] },
  {
    rule: 'drain-bounded',
    wrong: [(r) => r.env('DRAIN_TIMEOUT_SECONDS', 'unbounded')],
    right: [(r) => r.env('DRAIN_TIMEOUT_SECONDS', '0')],
  },
  { rule: 'load-balancer-forgets', from: behindAlb, wrong: [(r) => r.preStop(47)], right: [(r) => r.preStop(48)] },
  { rule: 'load-balancer-forgets', from: behindNlb, wrong: [(r) => r.preStop(107)], right: [(r) => r.preStop(108)] },
  { rule: 'load-balancer-forgets', from: behindNeg, wrong: [(r) => r.preStop(47)], right: [(r) => r.preStop(48)] },
  {
    rule: 'load-balancer-notices',
    from: behindAlb,
    wrong: [
      albSays('healthcheck-path', undefined),
      albSays('healthcheck-path', '/livez'),
      albSays('healthcheck-port', '3000'),
      albSays('healthcheck-port', undefined),
      albSays('healthcheck-interval-seconds', '6'),
      albSays('healthcheck-interval-seconds', 'soon'),
      albSays('healthcheck-interval-seconds', undefined),
      albSays('healthcheck-timeout-seconds', '3'),
      albSays('unhealthy-threshold-count', '3'),
      (r) => r.env('LAME_DUCK_SECONDS', '11'),
      // What the Service says wins.
      (r) => r.set('Service', "metadata.annotations.'alb.ingress.kubernetes.io/healthcheck-path'", '/'),
    ],
    right: [
      albSays('unhealthy-threshold-count', '2'),
      (r) =>
        r
          .container('readinessProbe', undefined)
          .container('readinessProbe', { httpGet: { path: '/readyz', port: 9000 }, periodSeconds: 1 }),
    ],
  },
  {
    rule: 'load-balancer-notices',
    from: behindNlb,
    wrong: [
      nlbSays('protocol', undefined),
      nlbSays('protocol', 'TCP'),
      nlbSays('path', undefined),
      nlbSays('port', 'traffic-port'),
      nlbSays('interval', undefined),
      nlbSays('timeout', undefined),
      nlbSays('unhealthy-threshold', undefined),
    ],
  },
  {
    rule: 'load-balancer-notices',
    from: behindNeg,
    wrong: [
      gkeSays('requestPath', undefined),
      gkeSays('port', 3000),
      gkeSays('port', undefined),
      gkeSays('checkIntervalSec', 6),
      gkeSays('timeoutSec', undefined),
      gkeSays('unhealthyThreshold', 3),
      (r) => r.set('BackendConfig', 'spec.healthCheck', undefined),
      healthCheckPolicy({ checkIntervalSec: 6 }),
      healthCheckPolicy({ config: { type: 'HTTP' } }),
    ],
    right: [gkeSays('checkIntervalSec', undefined), gkeSays('unhealthyThreshold', undefined), healthCheckPolicy({})],
  },
  {
    rule: 'deregistration-delay',
    from: behindAlb,
    wrong: ['=29', '=121', '=soon', '_other=60'].map((end) => dereg(`deregistration_delay.timeout_seconds${end}`)),
    right: ['=30', '=120', '=60,other=1'].map((end) => dereg(`deregistration_delay.timeout_seconds${end}`)),
  },
  {
    rule: 'deregistration-delay',
    from: behindNlb,
    wrong: ['29', '191'].map(
      (end) => (r) => r.set('Service', NLB_ATTRIBUTES, `deregistration_delay.timeout_seconds=${end}`),
    ),
    right: ['30', '190'].map(
      (end) => (r) => r.set('Service', NLB_ATTRIBUTES, `deregistration_delay.timeout_seconds=${end}`),
    ),
  },
  {
    rule: 'deregistration-delay',
    from: behindNeg,
    wrong: [
      (r) => r.set('BackendConfig', 'spec.connectionDraining.drainingTimeoutSec', 29),
      (r) => r.set('BackendConfig', 'spec.connectionDraining.drainingTimeoutSec', 121),
      (r) => r.set('BackendConfig', 'spec.connectionDraining', undefined),
    ],
    right: [(r) => r.set('BackendConfig', 'spec.connectionDraining.drainingTimeoutSec', 30)],
  },
  {
    rule: 'keep-alive',
    from: behindAlb,
    wrong: [idle(75), (r) => r.env('KEEP_ALIVE_SECONDS', '60')],
    right: [idle(74), (r) => r.env('KEEP_ALIVE_SECONDS', '61')],
  },
  {
    rule: 'keep-alive',
    from: behindNeg,
    wrong: [(r) => r.env('KEEP_ALIVE_SECONDS', '600')],
    right: [(r) => r.env('KEEP_ALIVE_SECONDS', '601')],
  },
  {
    rule: 'keep-alive',
    from: behindNlb,
    wrong: [(r) => r.env('KEEP_ALIVE_SECONDS', '350')],
    right: [
      (r) => r.env('KEEP_ALIVE_SECONDS', '349'),
      (r) => r.env('KEEP_ALIVE_SECONDS', '400').set('Service', NLB_LISTENER, 'tcp.idle_timeout.seconds=401'),
    ],
  },
  {
    rule: 'keep-alive',
    // The clients' connections are Envoy's.
    from: () => withEnvoy(behindAlb()),
    wrong: [envoyIdle('idle_timeout: 60s', 'idle_timeout: 60s')],
    right: ['idle_timeout: 61s', ''].map((ofClients) => envoyIdle('idle_timeout: 60s', ofClients)),
  },
  {
    rule: 'route-timeout',
    from: () => production().add(route('30s')),
    wrong: [
      (r) => r.env('DRAIN_TIMEOUT_SECONDS', '29'),
      routed(route('31s')),
      routed(route('1m')),
      routed(route('long')),
    ],
    right: [
      routed(route('0.5s')),
      routed(route('31s', 'other')),
      routed(route(undefined)),
      (r) => r.env('DRAIN_TIMEOUT_SECONDS', '31'),
    ],
  },
  {
    rule: 'route-timeout',
    from: behindNeg,
    wrong: [(r) => r.set('BackendConfig', 'spec.timeoutSec', 31)],
    right: [(r) => r.set('BackendConfig', 'spec.timeoutSec', 30)],
  },
  {
    rule: 'envoy-keep-alive',
    from: withEnvoy,
    wrong: [envoyIdle('idle_timeout: 75s'), envoyIdle(''), envoyIdle('}'), (r) => r.env('KEEP_ALIVE_SECONDS', '60')],
    right: [envoyIdle('idle_timeout: 74s'), (r) => r.env('KEEP_ALIVE_SECONDS', '61')],
  },
  {
    rule: 'probes',
    wrong: [(r) => r.container('readinessProbe', undefined), (r) => r.container('livenessProbe', undefined)],
  },
  {
    rule: 'liveness-is-not-readiness',
    wrong: [(r) => r.container('livenessProbe.httpGet.path', '/readyz')],
    right: [(r) => r.container('livenessProbe', { exec: { command: ['live'] } })],
  },
  {
    rule: 'readiness-noticed',
    wrong: [
      (r) => r.container('readinessProbe.periodSeconds', undefined),
      natives({ readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 5, failureThreshold: 1 } }),
    ],
    right: [natives({ readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 4, failureThreshold: 1 } })],
  },
  {
    rule: 'startup-probe',
    wrong: [(r) => r.container('startupProbe', undefined)],
    right: [(r) => r.container('startupProbe.failureThreshold', 59).container('startupProbe.initialDelaySeconds', 1)],
  },
  {
    rule: 'progress-deadline',
    wrong: [natives({ startupProbe: { exec: { command: ['ready'] }, periodSeconds: 1, failureThreshold: 175 } })],
    right: [natives({ startupProbe: { exec: { command: ['ready'] }, periodSeconds: 1, failureThreshold: 174 } })],
  },
  {
    rule: 'native-sidecar-pre-stop',
    wrong: [
      natives({ lifecycle: { preStop: { exec: { command: ['/cloud-sql-proxy', 'shutdown'] } } } }),
      natives({ lifecycle: { preStop: { httpGet: { path: '/quitquitquit', port: 9000 } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['sh', '-c', 'drain; kill 1'] } } } }),
    ],
    right: [
      natives({ lifecycle: { preStop: { sleep: { seconds: 10 } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['pilot-agent', 'request', 'POST', 'drain'] } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['post', '/drain_listeners?graceful&skip_exit'] } } } }),
    ],
  },
  {
    rule: 'native-sidecar-startup',
    wrong: [natives({ startupProbe: undefined })],
    right: [natives({ startupProbe: undefined, restartPolicy: undefined })],
  },
  {
    rule: 'istio-pre-stop',
    from: () => production().env('SIDECARS', 'istio'),
    wrong: [(r) => r.container('lifecycle', { preStop: { httpGet: { path: '/leave', port: 3000 } } })],
    right: [(r) => r.container('lifecycle', { preStop: { sleep: { seconds: 10 } } })],
  },
  {
    rule: 'istio-stays',
    from: annotated({
      'sidecar.istio.io/nativeSidecar': 'false',
      [PROXY]: 'terminationDrainDuration: 50s\ndrainDuration: 50s',
    }),
    wrong: annotate(
      PROXY,
      'terminationDrainDuration: 49s\ndrainDuration: 50s',
      'terminationDrainDuration: 50s',
      'drainDuration: 50s',
      'terminationDrainDuration: 75s\ndrainDuration: 50s',
      'terminationDrainDuration: 50\ndrainDuration: 50s',
      '{',
    ),
    right: [
      ...annotate(PROXY, '{"terminationDrainDuration":"1m","drainDuration":"74s"}'),
      ...annotate('sidecar.istio.io/nativeSidecar', 'true'),
    ],
  },
  {
    rule: 'linkerd-stays',
    from: annotated({
      'config.linkerd.io/proxy-enable-native-sidecar': 'false',
      [WAIT]: '50',
      [LINKERD_END]: '10s',
    }),
    wrong: [...annotate(WAIT, '49', '65', '50s'), ...annotate(LINKERD_END, '25s', '25')],
    right: [...annotate(WAIT, '64'), ...annotate(LINKERD_END, '24s')],
  },
  {
    rule: 'dapr-stays',
    from: annotated({ 'dapr.io/enabled': 'true', 'dapr.io/block-shutdown-duration': '50s' }),
    wrong: [
      ...annotate('dapr.io/block-shutdown-duration', '49s', '70s', '50'),
      ...annotate('dapr.io/graceful-shutdown-seconds', '25'),
    ],
    right: [
      ...annotate('dapr.io/block-shutdown-duration', '69s'),
      ...annotate('dapr.io/graceful-shutdown-seconds', '24'),
    ],
  },
  {
    rule: 'dapr-app-health',
    from: annotated({
      'dapr.io/enabled': 'true',
      'dapr.io/block-shutdown-duration': '50s',
      'dapr.io/enable-app-health-check': 'true',
    }),
    wrong: annotate('dapr.io/app-health-check-path', '/readyz'),
    right: annotate('dapr.io/app-health-check-path', '/livez'),
  },
  {
    rule: 'consul-stays',
    from: annotated({
      'consul.hashicorp.com/connect-inject': 'true',
      'consul.hashicorp.com/enable-sidecar-proxy-lifecycle': 'true',
      [CONSUL]: '50',
    }),
    wrong: [
      ...annotate(CONSUL, '49', '75', 'long'),
      ...annotate('consul.hashicorp.com/enable-sidecar-proxy-lifecycle', 'false'),
    ],
    right: annotate(CONSUL, '74'),
  },
  {
    rule: 'vault-stays',
    from: annotated({
      'vault.hashicorp.com/agent-revoke-on-shutdown': 'true',
      'vault.hashicorp.com/agent-revoke-grace': '50',
    }),
    wrong: annotate('vault.hashicorp.com/agent-revoke-grace', '49', '75', ''),
    right: annotate('vault.hashicorp.com/agent-revoke-grace', '74'),
  },
  ...[
    [['--min-sigterm-delay=50s', '--max-sigterm-delay=50s'], true],
    [['--min-sigterm-delay', '74s', '--max-sigterm-delay', '74s'], true],
    [['--min-sigterm-delay=49s', '--max-sigterm-delay=50s'], false],
    [['--min-sigterm-delay=50s', '--max-sigterm-delay=75s'], false],
    [['--min-sigterm-delay=50s'], false],
  ].map(([args, isRight]): Case => {
    const changed = () => beside({ image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.27.0', args });
    return {
      rule: 'cloud-sql-proxy-stays',
      wrong: isRight === true ? [] : [changed],
      right: isRight === true ? [changed] : [],
    };
  }),
  {
    rule: 'sidecar-ends',
    from: () => annotated({ 'linkerd.io/inject': 'enabled', [LINKERD_END]: '8s' })().env('SIDECARS', 'linkerd'),
    wrong: annotate(LINKERD_END, '9s', ''),
    right: annotate(LINKERD_END, '7s'),
  },
  {
    rule: 'sidecar-ends',
    from: () =>
      annotated({ 'dapr.io/enabled': 'true', 'dapr.io/enable-native-sidecar': 'true' })().env('SIDECARS', 'dapr'),
    wrong: annotate('dapr.io/graceful-shutdown-seconds', '6'),
    right: annotate('dapr.io/graceful-shutdown-seconds', '5'),
  },
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

const ids = (rendered: Rendered) => [...new Set(rendered.objections().map(({ rule }) => rule))];

describe.each(CASES)('$rule', ({ rule, from = production, wrong, right = [] }) => {
  it('does not object to what is right', () => {
    for (const change of [(r: Rendered) => r, ...right]) {
      expect([change.toString(), ids(change(from()))]).toEqual([change.toString(), []]);
    }
  });

  it('objects to what is wrong, and no other rule does', () => {
    for (const change of wrong) {
      expect([change.toString(), ids(change(from()))]).toEqual([change.toString(), [rule]]);
    }
  });
});

describe('the rules', () => {
  it('have each something wrong here', () => {
    const tried = new Set(CASES.filter(({ wrong }) => wrong.length > 0).map(({ rule }) => rule));
    // Of somebody else's service, which has its test below.
    expect(RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual(['slices-known']);
  });

  it('have ids of their own, which are fit for an annotation', () => {
    const all = RULES.map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((id) => !/^[a-z][a-z-]{0,40}$/.test(id))).toEqual([]);
  });
});

describe('a typical Deployment of somebody else', () => {
  const { objections } = check(TYPICAL);

  it('hears what is wrong with its leaving, and what could not be known', () => {
    expect(objections.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([
        'slices-known',
        'pre-stop',
        'liveness-is-not-readiness',
        'startup-probe',
        'replicas',
        'image',
      ]),
    );
    expect(objections.find(({ rule }) => rule === 'slices-known')?.says).toContain(
      'no TERMINATION_GRACE_PERIOD_SECONDS',
    );
  });

  it('hears nothing of a budget that it does not have', () => {
    const ofBudget = new Set([
      'settings',
      'env-agrees',
      'propagation',
      'slices-fit',
      'readiness-noticed',
      'keep-alive',
    ]);
    expect(objections.filter(({ rule }) => ofBudget.has(rule))).toEqual([]);
  });

  it('hears of a preStop that takes the whole grace period', () => {
    const late = TYPICAL.replace(
      'image: web:latest',
      'image: web:1\n          lifecycle: { preStop: { sleep: { seconds: 30 } } }',
    );
    expect(check(late).objections).toContainEqual(
      expect.objectContaining({ rule: 'pre-stop-shorter', sum: 'P = 30, not less than G = 30' }),
    );
  });
});

const alone = () => production().deployment('replicas', 1);
const waive = (r: Rendered, rule: string, reason: string) =>
  r.set('Deployment', `metadata.annotations.'ebb.check/waive.${rule}'`, reason);

describe('a waiver', () => {
  it('is shown with its reason beside what it waives', () => {
    expect(waive(alone(), 'replicas', 'one is enough here').objections()).toEqual([
      expect.objectContaining({ rule: 'replicas', waived: 'one is enough here' }),
    ]);
  });

  it('stands on the object that it is about', () => {
    const budget = production()
      .set('PodDisruptionBudget', 'spec.maxUnavailable', 0)
      .set('PodDisruptionBudget', "metadata.annotations.'ebb.check/waive.disruption-budget'", 'moved by hand');
    expect(budget.objections()).toEqual([expect.objectContaining({ waived: 'moved by hand' })]);
  });

  it.each([
    ['replicas', ' ', 'it gives no reason'],
    ['replica', 'why', 'there is no rule replica'],
    ['image', 'why', 'the rule does not object'],
  ])('of %s because of "%s" has no effect: %s', (rule, reason, why) => {
    const objections = waive(alone(), rule, reason).objections();
    expect(objections.find((one) => one.rule === 'replicas')?.waived).toBeUndefined();
    expect(objections).toContainEqual(expect.objectContaining({ rule: 'waiver', says: expect.stringContaining(why) }));
  });
});

describe('a finding', () => {
  it('says where the values stand, the sum, and what to change', () => {
    const [finding] = production().grace(54).objections();
    expect(finding).toMatchObject({ workload: `Deployment/${name}`, severity: 'error' });
    expect(finding?.read.map(({ path, value }) => [path, value])).toEqual([
      ['spec.template.spec.terminationGracePeriodSeconds', '54'],
      [`spec.template.spec.containers.[name=${name}].lifecycle.preStop.sleep.seconds`, '10'],
      ['data.LAME_DUCK_SECONDS', '5'],
      ['data.DRAIN_TIMEOUT_SECONDS', '30'],
      ['data.CLEANUP_SECONDS', '5'],
      [`spec.template.spec.containers.[name=${name}].env.[name=SIDECAR_SECONDS].value`, '0 (not set, the default)'],
    ]);
    expect(finding?.read[2]?.object).toMatch(/^ConfigMap\//);
    expect(finding?.sum).toMatch(/sum +55\n/);
    expect(finding?.change).toMatch(/^Raise TERMINATION_GRACE_PERIOD_SECONDS to at least 55/);
  });
});
