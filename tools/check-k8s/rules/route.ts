import { goSeconds } from '../duration.js';
import { heartbeatOf, isSeldom } from '../long-lived.js';
import { isBackendOf, type Setting } from '../load-balancers.js';
import { fieldOf, itemsAt, type Manifest, textOf, valueAt } from '../manifest.js';
import { near, servicesOf } from '../related.js';
import { type Finding, type Rule, withSlices } from '../rule.js';

/** How long whoever is in front waits for an answer, where it says so. */
function waits(one: Manifest, service: Manifest): Setting[] {
  if (one.kind === 'HTTPRoute') {
    return itemsAt(one, ['spec', 'rules']).flatMap((rule) => {
      const said = valueAt(rule, ['timeouts', 'request']);
      const leadsHere = itemsAt(rule, ['backendRefs']).some(
        (backend) => valueAt(backend, ['name']) === service.metadata.name,
      );
      const field = { ...fieldOf(one, ['spec', 'rules']), value: `timeouts.request: ${textOf(said)}` };
      return leadsHere && said !== undefined ? [{ seconds: goSeconds(textOf(said)), field }] : [];
    });
  }
  // GKE's, of its Ingress and of its Gateway.
  const path = ['spec', ...(one.kind === 'GCPBackendPolicy' ? ['default'] : []), 'timeoutSec'];
  const said = isBackendOf(one, service) ? valueAt(one, path) : undefined;
  return said === undefined ? [] : [{ seconds: Number(said), field: fieldOf(one, path) }];
}

/** What is waited for when the pod leaves is cut at R. */
export const routeTimeout: Rule = {
  id: 'route-timeout',
  severity: 'error',
  title: 'nobody in front waits longer for an answer than a leaving pod does: time-out ≤ R',
  source: 'Gateway API 1.6, HTTPRouteTimeouts; GKE, "GCPBackendPolicy", timeoutSec',
  check: (workload, all) =>
    withSlices(workload, ({ budget, R }) =>
      servicesOf(workload, all)
        .flatMap((service) => near(service, all.manifests).flatMap((one) => waits(one, service)))
        // 0 is no limit at all. Unbounded, the service waits as long as anybody.
        .filter(({ seconds }) => budget.drainMs !== 'unbounded' && !(seconds > 0 && seconds <= R))
        // WebSockets and streams want that, and are told to go long before R.
        .filter(({ seconds }) => heartbeatOf(workload) === undefined || !isSeldom(seconds))
        .map(({ seconds, field }): Finding => ({
          says: 'A request may take longer than a pod that leaves waits for it, and is cut then.',
          read: [field, workload.variable('DRAIN_TIMEOUT_SECONDS', R)],
          sum: seconds === 0 ? `0 is no limit, R = ${R}` : `${seconds}, more than R = ${R}`,
          change: 'Lower the time-out, or raise DRAIN_TIMEOUT_SECONDS and the grace period with it.',
        })),
    ),
};

export const routeAccepted: Rule = {
  id: 'route-accepted',
  severity: 'error',
  title: 'no route behind a Gateway of GKE has a time-out, for which it is refused',
  source: 'kserve issue 5311; GKE, "GCPBackendPolicy", timeoutSec',
  check: (workload, all) =>
    servicesOf(workload, all).flatMap((service) => {
      const others = near(service, all.manifests);
      return others.some((one) => one.kind !== 'BackendConfig' && isBackendOf(one, service))
        ? others
            .filter((one) => one.kind === 'HTTPRoute')
            .flatMap((one) => waits(one, service))
            .map(({ field }): Finding => ({
              says: "GKE's Gateway controller refuses the route: Accepted is False, UnsupportedValue.",
              read: [field],
              change: 'Take `timeouts` away; spec.default.timeoutSec of a GCPBackendPolicy says the same.',
            }))
        : [];
    }),
};
