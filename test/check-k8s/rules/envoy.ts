import { parse } from 'yaml';
import { goSeconds } from '../duration.js';
import { type Field, fieldOf, type Manifest, textOf, valueAt } from '../manifest.js';
import { type Finding, type Rule, slicesOf } from '../rule.js';

const FILE = 'envoy.yaml';
const OPTIONS = [
  'typed_extension_protocol_options',
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'common_http_protocol_options',
  'idle_timeout',
];
/** An hour, where nothing is said ("HTTP protocol options"). */
const DEFAULT_SECONDS = 3_600;

/** An Envoy in the pod closes its idle connections to the service before the service does. */
export const envoyKeepAlive: Rule = {
  id: 'envoy-keep-alive',
  severity: 'error',
  title: 'an Envoy in the pod closes idle connections to the service first: its idle_timeout < K',
  source: 'Envoy 1.40, "HTTP protocol options", idle_timeout',
  check: (workload, { manifests }) => {
    const slices = slicesOf(workload);
    if (slices === undefined || workload.settings.kind !== 'own') {
      return [];
    }
    const { port } = workload.settings.config;
    const mounted = JSON.stringify(workload.pod.volumes);
    return manifests
      .filter(({ kind, metadata }) => kind === 'ConfigMap' && mounted.includes(`"${metadata.name}"`))
      .flatMap((map) => idleTimeouts(map, port))
      .filter(({ seconds }) => !(seconds < slices.keepAlive))
      .map(({ seconds, field }): Finding => ({
        says: 'Envoy sends requests on idle connections that the service is about to close: 503.',
        read: [field, workload.variable('KEEP_ALIVE_SECONDS', slices.keepAlive)],
        sum: `idle_timeout = ${seconds}, not less than K = ${slices.keepAlive}`,
        change: 'Lower idle_timeout, or raise KEEP_ALIVE_SECONDS.',
      }));
  },
};

/** Those of the clusters that lead to a port of this pod. */
function idleTimeouts(map: Manifest, port: number): { seconds: number; field: Field }[] {
  const text = valueAt(map, ['data', FILE]);
  if (typeof text !== 'string') {
    return [];
  }
  let clusters: unknown;
  try {
    clusters = valueAt(parse(text), ['static_resources', 'clusters']);
  } catch {
    return [{ seconds: Number.NaN, field: { ...fieldOf(map, ['data', FILE]), value: 'broken YAML' } }];
  }
  return (Array.isArray(clusters) ? clusters : [])
    .filter((cluster) => JSON.stringify(cluster).includes(`"port_value":${port}`))
    .map((cluster: unknown) => {
      const said = valueAt(cluster, OPTIONS);
      return {
        seconds: said === undefined ? DEFAULT_SECONDS : goSeconds(textOf(said)),
        field: {
          ...fieldOf(map, ['data', FILE]),
          value: `idle_timeout: ${textOf(said ?? '3600s (not set, the default)')}`,
        },
      };
    });
}
