/** What a workload says of connections that do not end by themselves, and every limit that somebody in front sets to them. */
import { goSeconds } from './duration.js';
import { streamLimits } from './envoy.js';
import { isBackendOf, loadBalancersOf, type Setting } from './load-balancers.js';
import { annotationOf, fieldOf, itemsAt, type Manifest, textOf, valueAt } from './manifest.js';
import { near, servicesOf } from './related.js';
import type { Objects } from './rule.js';
import type { Workload } from './workload.js';

/** On the workload. Its value is how often something is sent on each of its WebSockets and streams at least: `30s`. */
export const LONG_LIVED = 'check-k8s/long-lived';

/** Whoever is cut no more often comes back as after any deploy. */
export const SELDOM_SECONDS = 3_600;

/** What GKE's load balancers grant a request, a stream and a WebSocket where nothing is said. */
const GKE_SECONDS = 30;

/** The heartbeat of a workload that has such connections, NaN where it says something else; undefined where it has none. */
export function heartbeatOf({ manifest }: Workload): Setting | undefined {
  const said = manifest.metadata.annotations[LONG_LIVED];
  return said === undefined ? undefined : { seconds: goSeconds(said), field: annotationOf(manifest, LONG_LIVED) };
}

/** Whether a limit is as good as none: 0 is how Gateway API and Envoy say none. */
export function isSeldom(seconds: number): boolean {
  return seconds === 0 || seconds >= SELDOM_SECONDS;
}

/** How long a connection may last, whatever is sent on it. */
export function totalLimits(workload: Workload, all: Objects): Setting[] {
  return [
    ...servicesOf(workload, all).flatMap((service) =>
      near(service, all.manifests).flatMap((one) => routeLimits(one, service).concat(gkeLimits(one, service))),
    ),
    ...gkeDefaults(workload, all),
    ...streamLimits(workload, all).total,
  ];
}

/** How long it may be silent. */
export function silenceLimits(workload: Workload, all: Objects): Setting[] {
  return [
    // Google's ends the connections that nobody has a request on.
    ...loadBalancersOf(workload, all).flatMap(({ product, idle }) => (product.startsWith('AWS') ? [idle] : [])),
    ...streamLimits(workload, all).silence,
  ];
}

/** Of a route that leads here; none where one of its rules is for connections that last, and has no limit. */
function routeLimits(one: Manifest, service: Manifest): Setting[] {
  const rules = one.kind === 'HTTPRoute' ? itemsAt(one, ['spec', 'rules']) : [];
  const limits = rules
    .filter((rule) =>
      itemsAt(rule, ['backendRefs']).some((backend) => valueAt(backend, ['name']) === service.metadata.name),
    )
    .map((rule) =>
      ['request', 'backendRequest'].flatMap((name) => {
        const said = valueAt(rule, ['timeouts', name]);
        const field = { ...fieldOf(one, ['spec', 'rules']), value: `timeouts.${name}: ${textOf(said)}` };
        return said === undefined || isSeldom(goSeconds(textOf(said)))
          ? []
          : [{ seconds: goSeconds(textOf(said)), field }];
      }),
    );
  return limits.some((ofRule) => ofRule.length === 0) ? [] : limits.flat();
}

function gkeLimits(one: Manifest, service: Manifest): Setting[] {
  const path = gkePath(one);
  const said = isBackendOf(one, service) ? valueAt(one, path) : undefined;
  return said === undefined ? [] : [{ seconds: Number(said), field: fieldOf(one, path) }];
}

/** The default, where no policy says anything. */
function gkeDefaults(workload: Workload, all: Objects): Setting[] {
  const services = servicesOf(workload, all);
  const isSaid = services.some((service) => all.manifests.some((one) => gkeLimits(one, service).length > 0));
  return isSaid
    ? []
    : loadBalancersOf(workload, all)
        .filter(({ product }) => product.startsWith('Google'))
        .map(({ known }) => ({
          seconds: GKE_SECONDS,
          field: { ...known, value: `no timeoutSec: ${GKE_SECONDS} (the default)` },
        }));
}

function gkePath({ kind }: Manifest): string[] {
  return ['spec', ...(kind === 'GCPBackendPolicy' ? ['default'] : []), 'timeoutSec'];
}
