/** Connections that do not end by themselves, and what cuts them. */
import { behindAlb, behindNeg, behindNlb, name, NLB, production, type Rendered } from '../fixtures.js';
import { LONG_LIVED } from '../long-lived.js';
import type { Case, Change } from './case.js';

const beats =
  (heartbeat: string | undefined): Change =>
  (r) =>
    r.set('Deployment', `metadata.annotations.'${LONG_LIVED}'`, heartbeat);

const alb = (seconds: number): Change => {
  const attributes = "metadata.annotations.'alb.ingress.kubernetes.io/load-balancer-attributes'";
  return (r) =>
    r.env('KEEP_ALIVE_SECONDS', '620').set('Ingress', attributes, `idle_timeout.timeout_seconds=${seconds}`);
};

const rule = (timeouts?: object, backend = name) => ({
  backendRefs: [{ name: backend, port: 80 }],
  ...(timeouts === undefined ? {} : { timeouts }),
});

/** A route with these rules in place of the last object. */
const routed =
  (...rules: readonly object[]): Change =>
  (r) => {
    r.objects.pop();
    return r.add({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name },
      spec: { rules },
    });
  };

/** The same in the words of GKE's Gateway. */
const gkePolicy =
  (more: object): Change =>
  (r) => {
    r.objects.pop();
    const spec = { targetRef: { group: '', kind: 'Service', name }, default: more };
    return r.add({ apiVersion: 'networking.gke.io/v1', kind: 'GCPBackendPolicy', metadata: { name }, spec });
  };

/** An Envoy in the pod in place of the last object. */
const envoy =
  (route: string, manager = ''): Change =>
  (r) => {
    r.objects.pop();
    return r.add({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'envoy' },
      data: {
        'envoy.yaml': `
static_resources:
  listeners:
    - filter_chains:
        - stat_prefix: inbound
          ${manager}
          route_config: { virtual_hosts: [{ routes: [{ route: { cluster: app, ${route} } }] }] }
  clusters:
    - name: app
      load_assignment: { endpoints: [{ port_value: 3000 }] }
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          common_http_protocol_options: { idle_timeout: 60s }
`,
      },
    });
  };

const withEnvoy = (): Rendered => {
  const volumes = [
    { name: 'tmp', emptyDir: {} },
    { name: 'envoy', configMap: { name: 'envoy' } },
  ];
  return envoy('timeout: 0s')(beats('30s')(production().pod('volumes', volumes)).add({}));
};

export const LONG_LIVED_CASES: readonly Case[] = [
  {
    rule: 'long-lived',
    from: () => routed(rule({ request: '0s' }))(beats('30s')(production()).add({})),
    wrong: [
      beats('often'),
      beats('30'),
      routed(rule({ request: '30s' })),
      routed(rule({ backendRequest: '30s' })),
      routed(rule({ request: '0s', backendRequest: '15s' })),
      routed(rule({ request: '30s' }), rule({ request: '10s' })),
    ],
    right: [
      routed(rule()),
      routed(rule({ request: '1h' })),
      // The streams have a rule of their own.
      routed(rule({ request: '0s' }), rule({ request: '30s' })),
      routed(rule({ request: '30s' }, 'other')),
      (r) => beats(undefined)(routed(rule({ request: '30s' }))(r)),
    ],
  },
  {
    rule: 'long-lived',
    from: () => beats('30s')(behindNeg()).set('BackendConfig', 'spec.timeoutSec', 86_400),
    wrong: [30, undefined].map((seconds) => (r) => r.set('BackendConfig', 'spec.timeoutSec', seconds)),
    right: [(r) => r.set('BackendConfig', 'spec.timeoutSec', 3_600)],
  },
  {
    rule: 'long-lived',
    from: () => gkePolicy({ timeoutSec: 86_400 })(beats('30s')(behindNeg()).add({})),
    wrong: [gkePolicy({ timeoutSec: 30 }), gkePolicy({})],
  },
  {
    rule: 'long-lived',
    from: () => beats('59s')(behindAlb()),
    wrong: [beats('60s'), (r) => beats('5m')(alb(300)(r))],
    right: [(r) => beats('5m')(alb(301)(r))],
  },
  {
    rule: 'long-lived',
    from: () => beats('349s')(behindNlb()),
    wrong: [beats('350s')],
    right: [
      (r) =>
        beats('400s')(
          r.set('Service', `metadata.annotations.'${NLB}listener-attributes.TCP-443'`, 'tcp.idle_timeout.seconds=401'),
        ),
    ],
  },
  {
    rule: 'long-lived',
    from: withEnvoy,
    wrong: [
      envoy(''),
      envoy('timeout: 30s'),
      beats('5m'),
      envoy('timeout: 0s', 'stream_idle_timeout: 30s'),
      envoy('timeout: 0s, idle_timeout: 20s'),
    ],
    right: [
      envoy('timeout: 3600s'),
      beats('299s'),
      envoy('timeout: 0s', 'stream_idle_timeout: 31s'),
      (r) => beats('1h')(envoy('timeout: 0s', 'stream_idle_timeout: 0s')(r)),
      (r) => beats('1h')(envoy('timeout: 0s, idle_timeout: 0s')(r)),
    ],
  },
];
