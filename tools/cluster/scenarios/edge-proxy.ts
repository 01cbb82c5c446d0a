import { stringify } from 'yaml';
import type { Cluster } from '../../lib/kubernetes/cluster.js';
import { ClusterError } from '../../lib/kubernetes/kubectl.js';
import type { Scenario } from '../scenario.js';

const NAME = 'envoy';
const PORT = 8_080;

const CONNECTED_CEILING_MS = 30_000;

/** The distroless image's own. */
const USER = 101;

export const edgeProxy: Scenario = {
  name: 'edge-proxy',
  what: 'behind an Envoy with pooled connections to the Service and no retry policy',
  async run(stage, findings, { envoyImage }) {
    const { cluster, kubectl } = stage;
    // Its Service stays inside: the port at the nodes is Envoy's.
    await stage.deploy({ replicas: 2, minReadySeconds: 1 }, {});
    const manifests = envoy(envoyImage, cluster);
    await kubectl.run(['apply', '--filename', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
    });
    await kubectl
      .run(['rollout', 'status', `deployment/${NAME}`, '--timeout=90s'], { ceilingMs: 100_000 })
      .catch(() => {
        throw new ClusterError(
          `Envoy does not start. Can the nodes have ${envoyImage}? Name another with --envoy-image.`,
        );
      });
    await stage.answers();
    await stage.underLoad(async () => {
      // One client after the other would meet one pod only: it takes many at once to have Envoy connect to all.
      const areAllAsked = () => stage.pods.every(({ answered }) => answered > 0);
      await stage.observer.until('Envoy to be connected to every pod', areAllAsked, CONNECTED_CEILING_MS);
      await stage.replaceAll();
    });
    findings.note(`Clients stay connected to ${envoyImage}, which pools its connections to the Service.`);
  },
};

const CONFIG = stringify({
  static_resources: {
    listeners: [
      {
        name: 'edge',
        address: { socket_address: { address: '0.0.0.0', port_value: PORT } },
        filter_chains: [
          {
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'edge',
                  http_filters: [
                    {
                      name: 'envoy.filters.http.router',
                      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                    },
                  ],
                  route_config: {
                    virtual_hosts: [
                      {
                        name: 'ebb',
                        domains: ['*'],
                        // No retry policy, and more time than the longest request needs.
                        routes: [{ match: { prefix: '/' }, route: { cluster: 'ebb', timeout: '60s' } }],
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    ],
    clusters: [
      {
        name: 'ebb',
        type: 'STRICT_DNS',
        dns_lookup_family: 'V4_ONLY',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            // Below the service's KEEP_ALIVE_SECONDS, or Envoy asks on connections that are just being closed.
            common_http_protocol_options: { idle_timeout: '60s' },
            explicit_http_config: { http_protocol_options: {} },
          },
        },
        load_assignment: {
          cluster_name: 'ebb',
          endpoints: [
            { lb_endpoints: [{ endpoint: { address: { socket_address: { address: 'ebb', port_value: 80 } } } }] },
          ],
        },
      },
    ],
  },
});

function envoy(image: string, { labels: ours, options }: Cluster): object[] {
  const labels = { 'app.kubernetes.io/name': NAME, ...ours };
  const metadata = { name: NAME, labels };
  const selector = { 'app.kubernetes.io/name': NAME };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'envoy.yaml': CONFIG } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'NodePort', selector, ports: [{ port: 80, targetPort: PORT, nodePort: options.nodePort }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: selector },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: USER, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: NAME,
                image,
                imagePullPolicy: 'IfNotPresent',
                args: ['--config-path', '/etc/envoy/envoy.yaml', '--log-level', 'warning', '--concurrency', '1'],
                readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
                volumeMounts: [{ name: 'config', mountPath: '/etc/envoy' }],
              },
            ],
            volumes: [{ name: 'config', configMap: { name: NAME } }],
          },
        },
      },
    },
  ];
}
