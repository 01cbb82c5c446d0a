/**
 * The sidecars that Ebb knows how to leave with: data, one row per product, and nothing else of them anywhere in `src/`.
 * What each row says was read in the product's source or documentation at the version in `source`; what of it was run for
 * real is in the README.
 */

/** One question to a sidecar. */
export interface SidecarCall {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  /** The statuses that mean yes. */
  readonly statuses: readonly number[];
}

/** A product that runs beside the service in its pod. Every call is optional: not every product has each. */
export interface Sidecar {
  readonly product: string;
  /** Where it is asked. */
  readonly url: string;
  /** Where it is asked to quit, if not there. */
  readonly quitUrl?: string;
  /**
   * Whether requests come to the service through it. Such a proxy outlives the service in the pod, and answers whoever is
   * still connected to it with 502 or 503 once the service is gone.
   */
  readonly carriesInbound: boolean;
  /** Whether it is ready for the service to start. */
  readonly ready?: SidecarCall;
  /** Asks its clients to leave, and goes on accepting. Must not make it exit. */
  readonly drain?: SidecarCall;
  /** Ends it. */
  readonly quit?: SidecarCall;
  /** Which lines of its statistics count the clients connected to it, and those that ever connected. Envoy's text format. */
  readonly clients?: SidecarCall & { readonly connected: RegExp; readonly everConnected: RegExp };
  /** What it needs to end after the service has, in a pod whose sidecars are native. Symbol S. */
  readonly seconds: number;
  /** Where this was read, and the version it was true for. */
  readonly source: string;
}

const get = (path: string, ...statuses: number[]): SidecarCall => ({ method: 'GET', path, statuses });
const post = (path: string, ...statuses: number[]): SidecarCall => ({ method: 'POST', path, statuses });

const TABLE = {
  envoy: {
    product: 'Envoy of one\'s own, started with "--drain-strategy immediate"',
    url: 'http://127.0.0.1:9901',
    carriesInbound: true,
    ready: get('/ready', 200),
    // `graceful`: every answer says Connection: close, and listeners go on accepting. `skip_exit`: they do so to the end,
    // where they would be closed after --drain-time-s otherwise.
    drain: post('/drain_listeners?graceful&skip_exit', 200),
    quit: post('/quitquitquit', 200),
    // Of connection managers whose stat_prefix begins with "inbound"; those to the outside never become idle.
    clients: {
      ...get(String.raw`/stats?filter=^http\.inbound.*\.downstream_cx_(active|total)$`, 200),
      connected: /^http\.inbound.*\.downstream_cx_active: (\d+)$/gm,
      everConnected: /^http\.inbound.*\.downstream_cx_total: (\d+)$/gm,
    },
    seconds: 1,
    source: 'Envoy 1.40, "Administration interface"; source/server/admin/listeners_handler.cc',
  },
  istio: {
    product: 'Istio, pilot-agent and its Envoy',
    // Envoy's own interface. That of the agent, 15020, is gone as soon as a regular proxy has had SIGTERM, which is before
    // the service has.
    url: 'http://127.0.0.1:15000',
    carriesInbound: true,
    ready: get('/ready', 200),
    // Istio's agent has told it already when the pod was deleted. Twice does no harm.
    drain: post('/drain_listeners?inboundonly&graceful&skip_exit', 200),
    // The agent of a regular proxy, which otherwise stays for its terminationDrainDuration, ends with it.
    quit: post('/quitquitquit', 200),
    // No `clients`: the statistics that would tell are not collected by default (proxyStatsMatcher).
    seconds: 1,
    source: 'Istio 1.32-dev, pilot/cmd/pilot-agent/status/server.go, pkg/envoy/agent.go; Envoy 1.40',
  },
  linkerd: {
    product: 'Linkerd, linkerd2-proxy',
    url: 'http://127.0.0.1:4191',
    carriesInbound: true,
    ready: get('/ready', 200),
    // No `drain`: all it knows is to end. It is 404 unless the proxy runs with enableShutdownEndpoint.
    quit: post('/shutdown', 200),
    // config.linkerd.io/shutdown-grace-period in k8s/components/linkerd; 120 by default. As much as is left of the grace
    // period behind a load balancer outside the cluster (k8s/components/aws-alb).
    seconds: 8,
    source: 'Linkerd 2.20, "Graceful Pod Shutdown"; charts/partials/templates/_proxy.tpl',
  },
  dapr: {
    product: 'Dapr, daprd',
    url: 'http://127.0.0.1:3500',
    // Invocations by other services, and what is published to topics.
    carriesInbound: true,
    // Not /v1.0/healthz: it asks the service whether it is up, and a service whose start or readiness asked back would
    // wait for itself for ever. For the same reason no readiness check may depend on it.
    ready: get('/v1.0/healthz/outbound', 204),
    quit: post('/v1.0/shutdown', 204),
    // dapr.io/graceful-shutdown-seconds, whose default it is.
    seconds: 5,
    source: 'Dapr 1.14 and 1.18, "Health API reference"; pkg/api/http, pkg/runtime/runtime.go',
  },
  'cloud-sql-proxy': {
    product: 'Cloud SQL Auth Proxy',
    url: 'http://127.0.0.1:9090',
    quitUrl: 'http://127.0.0.1:9091',
    carriesInbound: false,
    // Only with --health-check.
    ready: get('/startup', 200),
    // Only with --quitquitquit.
    quit: post('/quitquitquit', 200),
    seconds: 1,
    source: 'Cloud SQL Auth Proxy 2.27, README, "Localhost Admin Server"; cmd/root.go',
  },
  consul: {
    product: 'Consul dataplane and its Envoy',
    // Envoy's own interface: /graceful_startup of the dataplane holds its answer back instead of giving one.
    url: 'http://127.0.0.1:19000',
    quitUrl: 'http://127.0.0.1:20300',
    carriesInbound: true,
    ready: get('/ready', 200),
    drain: post('/drain_listeners?inboundonly&graceful&skip_exit', 200),
    quit: post('/graceful_shutdown', 200),
    // None: no native sidecar, so that it is asked to go when the pod is deleted, together with the service.
    seconds: 0,
    source: 'Consul dataplane 1.4 and later, cmd/consul-dataplane/main.go, pkg/consuldp/lifecycle.go',
  },
  'otel-collector': {
    product: 'OpenTelemetry collector',
    url: 'http://127.0.0.1:13133',
    carriesInbound: false,
    // The extension health_check.
    ready: get('/', 200),
    // Neither drain nor quit: SIGTERM makes it send what it has, and the kubelet sends that when the service is gone.
    seconds: 5,
    source: 'OpenTelemetry collector 0.160, extension/healthcheckextension',
  },
  vault: {
    product: 'Vault agent',
    url: 'http://127.0.0.1:8200',
    carriesInbound: false,
    // No `ready`: an init container has written the secrets before any other container starts (agent-pre-populate).
    // Only with agent-enable-quit, which opens the port.
    quit: post('/agent/v1/quit', 200),
    seconds: 1,
    source: 'Vault agent injector 1.4 and later, agent-inject/agent/annotations.go',
  },
} as const satisfies Record<string, Sidecar>;

export type SidecarName = keyof typeof TABLE;

/** The table, by the names that `SIDECARS` may hold. */
export const SIDECARS: Readonly<Record<SidecarName, Sidecar>> = TABLE;

export function isSidecarName(name: string): name is SidecarName {
  return Object.hasOwn(SIDECARS, name);
}
