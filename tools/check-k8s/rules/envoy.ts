import { idleToService } from '../envoy.js';
import { type Finding, type Rule, withSlices } from '../rule.js';

/** An Envoy in the pod closes its idle connections to the service before the service does. */
export const envoyKeepAlive: Rule = {
  id: 'envoy-keep-alive',
  severity: 'error',
  title: 'an Envoy in the pod closes idle connections to the service first: its idle_timeout < K',
  source: 'Envoy 1.40, "HTTP protocol options", idle_timeout',
  check: (workload, all) =>
    withSlices(workload, ({ keepAlive }) =>
      idleToService(workload, all)
        .filter(({ seconds }) => !(seconds < keepAlive))
        .map(({ seconds, field }): Finding => ({
          says: 'Envoy sends requests on idle connections that the service is about to close: 503.',
          read: [field, workload.variable('KEEP_ALIVE_SECONDS', keepAlive)],
          sum: `idle_timeout = ${seconds}, not less than K = ${keepAlive}`,
          change: 'Lower idle_timeout, or raise KEEP_ALIVE_SECONDS.',
        })),
    ),
};
