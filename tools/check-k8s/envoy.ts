/** How long an Envoy in the pod, configured by a ConfigMap beside it, keeps idle connections. */
import { parse } from 'yaml';
import { goSeconds } from './duration.js';
import type { Setting } from './load-balancers.js';
import { fieldOf, itemsAt, type Manifest, textOf, valueAt } from './manifest.js';
import { near } from './related.js';
import type { Objects } from './rule.js';
import type { Workload } from './workload.js';

const FILE = 'envoy.yaml';
/** An hour, where nothing is said (Envoy 1.40, "HTTP protocol options", idle_timeout). */
const DEFAULT_SECONDS = 3_600;
/** The same of a route's timeout, and of a stream_idle_timeout ("How do I configure timeouts?"). */
const ROUTE_SECONDS = 15;
const STREAM_IDLE_SECONDS = 300;

/** Its own to the service. `NaN` where the configuration cannot be read. */
export function idleToService(workload: Workload, all: Objects): Setting[] {
  return configurations(workload, all).flatMap(({ map, config }) =>
    config === undefined
      ? [setting(map, Number.NaN, 'broken YAML')]
      : clustersOf(config, workload).map((cluster) =>
          idleTimeout(
            map,
            valueAt(cluster, [
              'typed_extension_protocol_options',
              'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            ]),
          ),
        ),
  );
}

/** Its clients', on their way to the service. */
export function idleOfClients(workload: Workload, all: Objects): Setting[] {
  return leadingManagers(workload, all).map(({ map, manager }) => idleTimeout(map, manager));
}

/** How long an answer of the service may take altogether, and how long nothing of it may come. */
export function streamLimits(
  workload: Workload,
  all: Objects,
): { readonly total: readonly Setting[]; readonly silence: readonly Setting[] } {
  const routes = leadingManagers(workload, all).flatMap(({ map, manager, clusters }) =>
    actionsIn(manager)
      .filter((action) => clusters.includes(textOf(valueAt(action, ['cluster']))))
      .map((action) => ({ map, manager, action })),
  );
  return {
    total: routes.map(({ map, action }) => limit(map, action, 'timeout', ROUTE_SECONDS)),
    // A route's own is instead of the connection manager's.
    silence: routes.map(({ map, manager, action }) =>
      valueAt(action, ['idle_timeout']) === undefined
        ? limit(map, manager, 'stream_idle_timeout', STREAM_IDLE_SECONDS)
        : limit(map, action, 'idle_timeout', STREAM_IDLE_SECONDS),
    ),
  };
}

/** The connection managers that lead to the service, and by which clusters. */
function leadingManagers(workload: Workload, all: Objects) {
  return configurations(workload, all).flatMap(({ map, config }) => {
    const clusters = clustersOf(config, workload).map((cluster) => textOf(valueAt(cluster, ['name'])));
    return managersIn(valueAt(config, ['static_resources', 'listeners']))
      .filter((manager) => clusters.some((cluster) => JSON.stringify(manager).includes(`"cluster":"${cluster}"`)))
      .map((manager) => ({ map, manager, clusters }));
  });
}

function configurations({ pod, manifest }: Workload, { manifests }: Objects): { map: Manifest; config: unknown }[] {
  const mounted = JSON.stringify(pod.volumes);
  return near(manifest, manifests)
    .filter(({ kind, metadata }) => kind === 'ConfigMap' && mounted.includes(`"${metadata.name}"`))
    .flatMap((map) => {
      const text = valueAt(map, ['data', FILE]);
      return typeof text === 'string' ? [{ map, config: parsed(text) }] : [];
    });
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Those that lead to the service. */
function clustersOf(config: unknown, { settings }: Workload): readonly unknown[] {
  return settings.kind === 'own'
    ? itemsAt(config, ['static_resources', 'clusters']).filter((one) =>
        JSON.stringify(one).includes(`"port_value":${settings.config.port}`),
      )
    : [];
}

/** What says something about HTTP, at whatever depth of the listeners. */
function managersIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return 'stat_prefix' in value ? [value] : Object.values(value).flatMap(managersIn);
}

/** The actions of its routes, at whatever depth. */
function actionsIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return 'cluster' in value ? [value] : Object.values(value).flatMap(actionsIn);
}

function limit(map: Manifest, holder: unknown, name: string, fallback: number): Setting {
  const said = valueAt(holder, [name]);
  return said === undefined
    ? setting(map, fallback, `${name}: ${fallback}s (not set, the default)`)
    : setting(map, goSeconds(textOf(said)), `${name}: ${textOf(said)}`);
}

function idleTimeout(map: Manifest, holder: unknown): Setting {
  const said = valueAt(holder, ['common_http_protocol_options', 'idle_timeout']);
  return said === undefined
    ? setting(map, DEFAULT_SECONDS, `idle_timeout: ${DEFAULT_SECONDS}s (not set, the default)`)
    : setting(map, goSeconds(textOf(said)), `idle_timeout: ${textOf(said)}`);
}

function setting(map: Manifest, seconds: number, value: string): Setting {
  return { seconds, field: { ...fieldOf(map, ['data', FILE]), value } };
}
