/** The rules of the time budget, and of what is in front of the pods. */
import { behindAlb, behindNeg, behindNlb, name, NLB, nlbAttributes, production, type Rendered } from '../fixtures.js';
import { beside, type Case, natives } from './case.js';

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

export const BUDGET: readonly Case[] = [
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
    wrong: [
      (r) => r.container('lifecycle', undefined),
      (r) => r.container('lifecycle', { preStop: {} }),
      // A regular container that clients come to.
      () => beside({ ports: [{ containerPort: 8080 }] }).set('Service', 'spec.ports', [{ port: 80, targetPort: 8080 }]),
    ],
    right: [
      (r) => r.container('lifecycle', { preStop: { exec: { command: ['sleep', '10'] } } }),
      (r) => r.container('lifecycle', { preStop: { exec: { command: ['sh', '-c', 'sleep 10'] } } }),
      // Nobody comes to it.
      () => beside({}),
    ],
  },
  {
    rule: 'pre-stop-shorter',
    wrong: [
      (r) => r.preStop(60),
      (r) => r.preStop(61),
      () => beside({ lifecycle: { preStop: { exec: { command: ['/bin/sleep', '75'] } } } }),
    ],
    right: [() => beside({ lifecycle: { preStop: { exec: { command: ['/bin/sleep', '74'] } } } })],
  },
  {
    rule: 'signals',
    wrong: [
      ['npm', 'start'],
      ['/usr/bin/npm', 'run', 'start:prod'],
      ['sh', '-c', 'node dist/main.js'],
    ].map((command) => (r) => r.container('command', command)),
    right: [
      ['node', 'dist/main.js'],
      ['sh', '-c', 'migrate && exec node dist/main.js'],
    ].map((command) => (r) => r.container('command', command)),
  },
  {
    rule: 'env-agrees',
    wrong: [
      (r) => r.pod('terminationGracePeriodSeconds', 90),
      (r) => r.container('lifecycle', { preStop: { exec: { command: ['sleep', '9'] } } }),
      (r) => r.container('lifecycle', { preStop: { httpGet: { path: '/livez', port: 9000 } } }),
    ],
  },
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
    wrong: [29, 191].map((seconds) => (r) => r.set('Service', NLB_ATTRIBUTES, nlbAttributes(seconds, 42))),
    right: [30, 190].map((seconds) => (r) => r.set('Service', NLB_ATTRIBUTES, nlbAttributes(seconds, 42))),
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
      // No limit.
      routed(route('0s')),
    ],
    right: [
      routed(route('0.5s')),
      routed(route('31s', 'other')),
      routed(route(undefined)),
      (r) => r.env('DRAIN_TIMEOUT_SECONDS', '31'),
    ],
  },
  {
    rule: 'load-balancer-cuts',
    from: behindNlb,
    wrong: [
      nlbAttributes(120, 41),
      nlbAttributes(120, 60).replace('enabled=false', 'enabled=true'),
      nlbAttributes(120, 60).replace(/,.*interval/, ',interval'),
      'deregistration_delay.timeout_seconds=120',
    ].map((attributes) => (r) => r.set('Service', NLB_ATTRIBUTES, attributes)),
    right: [(r) => r.env('DRAIN_TIMEOUT_SECONDS', '29').set('Service', NLB_ATTRIBUTES, nlbAttributes(120, 41))],
  },
  {
    rule: 'route-accepted',
    from: () => healthCheckPolicy({})(behindNeg()),
    wrong: [(r) => r.add(route('30s'))],
    right: [(r) => r.add(route(undefined)), (r) => r.add(route('30s', 'other'))],
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
    wrong: [(r) => r.container('readinessProbe.periodSeconds', undefined)],
    // A pod is ready when all of it is: who stays green hides nothing.
    right: [natives({ readinessProbe: { exec: { command: ['ready'] } } })],
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
];
