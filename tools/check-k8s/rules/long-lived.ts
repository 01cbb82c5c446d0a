import { heartbeatOf, isSeldom, LONG_LIVED, SELDOM_SECONDS, silenceLimits, totalLimits } from '../long-lived.js';
import type { Finding, Rule } from '../rule.js';

/** In steady state, while no pod leaves. */
export const longLived: Rule = {
  id: 'long-lived',
  severity: 'warning',
  title: `nobody in front cuts WebSockets and streams of a workload that says with ${LONG_LIVED} that it has such`,
  source:
    'Gateway API 1.6, HTTPRouteTimeouts; GKE, "GCPBackendPolicy", timeoutSec; Envoy 1.40, "How do I configure timeouts?"; tools/check-k8s/load-balancers.ts',
  check: (workload, all) => {
    const heartbeat = heartbeatOf(workload);
    if (heartbeat === undefined) {
      return [];
    }
    if (Number.isNaN(heartbeat.seconds)) {
      return [
        {
          says: 'It does not say how often something is sent on each WebSocket and each stream.',
          read: [heartbeat.field],
          change: 'Write a duration: 30s where each has a heartbeat every 30 s.',
        },
      ];
    }
    const total = totalLimits(workload, all)
      .filter(({ seconds }) => !isSeldom(seconds))
      .map(({ seconds, field }): Finding => ({
        says: `WebSockets and streams are cut ${seconds} s after they began, whatever is sent on them.`,
        read: [field, heartbeat.field],
        sum: `${seconds}, less than ${SELDOM_SECONDS}`,
        change: `Give them a route of their own without a time limit, or raise it to at least ${SELDOM_SECONDS} s where there is none without.`,
      }));
    const silence = silenceLimits(workload, all)
      .filter(({ seconds }) => seconds !== 0 && !(seconds > heartbeat.seconds))
      .map(({ seconds, field }): Finding => ({
        says: `WebSockets and streams are cut when nothing is sent on them for ${seconds} s.`,
        read: [field, heartbeat.field],
        sum: `${seconds}, not more than the heartbeat, ${heartbeat.seconds}`,
        change: 'Send heartbeats more often, or raise the limit.',
      }));
    return [...total, ...silence];
  },
};
