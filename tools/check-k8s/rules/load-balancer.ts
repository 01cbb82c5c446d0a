import { idleOfClients } from '../envoy.js';
import { called, loadBalancersOf } from '../load-balancers.js';
import { preStopSeconds } from '../pod.js';
import { type Finding, type Objects, type Rule, slicesOf, withSlices } from '../rule.js';
import type { Workload } from '../workload.js';

const SOURCE = 'tools/check-k8s/load-balancers.ts names the documentation of each';

const ofPods = (workload: Workload, all: Objects) => loadBalancersOf(workload, all).filter((one) => one.targetsPods);

/** P + A ≥ what this load balancer is known to take, whatever PROPAGATION_SECONDS says. */
export const loadBalancerForgets: Rule = {
  id: 'load-balancer-forgets',
  severity: 'error',
  title: 'a load balancer outside the cluster has forgotten the pod before its listener closes',
  source: SOURCE,
  check: (workload, all) =>
    ofPods(workload, all).flatMap((balancer): Finding[] => {
      const slices = slicesOf(workload);
      const P = slices?.P ?? preStopSeconds(workload.service);
      const A = slices?.A ?? 0;
      const { forgetsAfter } = balancer;
      // What a command takes is not known.
      return P === undefined || P + A >= forgetsAfter
        ? []
        : [
            {
              says: `The ${called(balancer)} routes new connections to a pod for up to ${forgetsAfter} s after its deletion (${balancer.source}).`,
              read: [workload.field(workload.service, ['lifecycle', 'preStop', 'sleep', 'seconds']), balancer.known],
              sum: `P + A = ${P} + ${A} = ${P + A}, less than ${forgetsAfter}`,
              change: `Raise the preStop sleep to at least ${forgetsAfter - A} s, and terminationGracePeriodSeconds by as much.`,
            },
          ];
    }),
};

/** R ≤ the delay, or requests in flight are cut; the delay ≤ G, or it outlives the pod. */
export const deregistrationDelay: Rule = {
  id: 'deregistration-delay',
  severity: 'error',
  title:
    'the load balancer keeps connections of a leaving pod for as long as requests may take, and no longer than the pod lives',
  source: SOURCE,
  check: (workload, all) => {
    const slices = slicesOf(workload);
    return ofPods(workload, all).flatMap((balancer): Finding[] => {
      const { deregistration: delay } = balancer;
      const least = slices?.R;
      const most = workload.pod.terminationGracePeriodSeconds;
      // Not a number is neither.
      return delay.seconds >= (least ?? 0) && delay.seconds <= most
        ? []
        : [
            {
              says: `The ${called(balancer)} keeps connections of a pod that leaves for ${delay.seconds} s.`,
              read: [delay.field, workload.podField(['terminationGracePeriodSeconds'], 30)],
              sum: `R = ${least ?? '?'} ≤ ${delay.seconds} ≤ G = ${most} does not hold`,
              change: `Set it to a number from ${least ?? 'the longest request'} to ${most}.`,
            },
          ];
    });
  },
};

/** Which end of an idle connection may close it. */
export const keepAlive: Rule = {
  id: 'keep-alive',
  severity: 'error',
  title: 'the one who sends the next request is the one who closes an idle connection',
  source: `${SOURCE}; Node 24, "http", server.keepAliveTimeout`,
  check: (workload, all) =>
    withSlices(workload, (slices) => {
      // Behind an Envoy in the pod, the connections are Envoy's.
      const kept = idleOfClients(workload, all).at(0) ?? {
        seconds: slices.keepAlive,
        field: workload.variable('KEEP_ALIVE_SECONDS', slices.keepAlive),
      };
      const K = kept.seconds;
      return loadBalancersOf(workload, all).flatMap((balancer): Finding[] => {
        const { idle } = balancer;
        const isRight = balancer.reusesConnections ? K > idle.seconds : K < idle.seconds;
        return isRight
          ? []
          : [
              {
                says: balancer.reusesConnections
                  ? `The ${called(balancer)} sends requests on idle connections that the service is about to close: 502.`
                  : `The ${called(balancer)} forgets an idle connection before the service closes it: the client's next request is reset.`,
                read: [kept.field, idle.field],
                sum: `kept for ${K}, idle time-out = ${idle.seconds}`,
                change: balancer.reusesConnections
                  ? `Raise the first above ${idle.seconds}, or lower the second.`
                  : `Lower the first below ${idle.seconds}.`,
              },
            ];
      });
    }),
};

/** Where the kubelet asks. */
function readinessOf({ service: { readinessProbe, ports } }: Workload): { path: string | undefined; port: string } {
  const { path, port } = readinessProbe?.httpGet ?? {};
  return { path, port: String(ports.find(({ name }) => name === port)?.containerPort ?? port ?? 'of its own') };
}

/** A restart in place deletes no pod: only its own health check tells a load balancer of that. */
export const loadBalancerNotices: Rule = {
  id: 'load-balancer-notices',
  severity: 'error',
  title:
    'the health check of a load balancer asks for readiness, and sees it turn red while the service still accepts: interval × threshold + time-out ≤ A',
  source: SOURCE,
  check: (workload, all) =>
    withSlices(workload, ({ A }) => {
      const readiness = readinessOf(workload);
      return ofPods(workload, all).flatMap((balancer): Finding[] => {
        const { path, port, fields, interval, threshold, timeout } = balancer.healthCheck;
        if (path !== readiness.path || port !== readiness.port) {
          return [
            {
              says: `The ${called(balancer)} never hears that a pod leaves: it ${path === undefined ? 'only connects' : `asks for ${path} on ${port}`}.`,
              read: [...fields, workload.field(workload.service, ['readinessProbe', 'httpGet'])],
              change: `Let its health check ask for ${readiness.path ?? 'what readiness is'} on port ${readiness.port}.`,
            },
          ];
        }
        const noticed = interval.seconds * threshold.seconds + timeout.seconds;
        // Not a number is never early enough.
        return noticed <= A
          ? []
          : [
              {
                says: `The ${called(balancer)} still sends to a pod that is restarted in place when its listener has closed.`,
                read: [interval.field, threshold.field, timeout.field, workload.variable('LAME_DUCK_SECONDS', A)],
                sum: `${interval.seconds} × ${threshold.seconds} + ${timeout.seconds} = ${noticed}, more than A = ${A}`,
                change: Number.isNaN(noticed)
                  ? 'Give each of them a number.'
                  : `Check more often, or raise LAME_DUCK_SECONDS to at least ${noticed}.`,
              },
            ];
      });
    }),
};

/** A pod that leaves is red from SIGTERM on, and still answers for A and R. */
export const loadBalancerCuts: Rule = {
  id: 'load-balancer-cuts',
  severity: 'error',
  title: 'a load balancer that finds a pod ill leaves its established connections alone for A + R',
  source: 'Elastic Load Balancing, "Edit target group attributes for your Network Load Balancer"',
  check: (workload, all) =>
    withSlices(workload, ({ A, R }) =>
      ofPods(workload, all).flatMap((balancer): Finding[] => {
        const least = A + R;
        return balancer.illKept === undefined || balancer.illKept.seconds >= least
          ? []
          : [
              {
                says: `The ${called(balancer)} resets the connections of a pod that is restarted in place, requests in flight and all.`,
                read: [balancer.illKept.field],
                sum: `kept for ${balancer.illKept.seconds}, less than A + R = ${least}`,
                change: `Set target_health_state.unhealthy.connection_termination.enabled=false, and draining_interval_seconds of the same to at least ${least}.`,
              },
            ];
      }),
    ),
};
