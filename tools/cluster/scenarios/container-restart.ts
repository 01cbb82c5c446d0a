import type { ContainerStatus } from '../../lib/kubernetes/objects.js';
import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import type { Findings, Scenario } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

export const RESTART_CEILING_MS = 60_000;

/** After an EndpointSlice has changed, kube-proxy on each node has yet to follow (`minSyncPeriod` is 1 s by default). */
export const ROUTING_MS = 1_500;

/** Its clients are there by then. */
const HEALTHY_SECONDS = 8;

export const containerRestart: Scenario = {
  name: 'container-restart',
  what: 'SIGTERM to process 1 from inside its pod, and a liveness probe that fails',
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    await stage.underLoad(async () => {
      await restartFromInside(stage, findings);
      await createUnhealthyPod(stage);
      await restarted(stage, findings, 'unhealthy');
      await stage.kubectl.run(['delete', 'pod', 'unhealthy', '--wait=false']);
      await stage.observer.until(
        'the unhealthy pod to be deleted',
        () => find(stage, 'unhealthy')?.isDeleted === true,
        30_000,
      );
    });
  },
};

/** Sends SIGTERM to process 1 of a pod, and waits until its container is back. */
export async function restartFromInside(stage: Stage, findings: Findings): Promise<void> {
  const name = stage.pods[0]?.name ?? '';
  await stage.evaluate(name, 'process.kill(1, "SIGTERM")');
  await restarted(stage, findings, name);
}

const find = (stage: Stage, name: string): ObservedPod | undefined =>
  stage.observer.pods.find((pod) => pod.name === name);

/**
 * No EndpointSlice knows of a restart in place before a readiness probe has failed. The lame duck covers the time until
 * then; a cluster that needs longer sends connections to a listener that is closed.
 */
function excuseRouted(stage: Stage, findings: Findings, name: string): void {
  const pod = find(stage, name);
  const closedAt = pod?.when('listener.closed') ?? Infinity;
  const over = pod?.moments.find((moment) => moment.name === 'lame-duck.over');
  findings.fact(over?.detail === 'time is up', `${name} serves for all of the lame duck (${over?.detail})`);
  const routedUntil = pod?.endpointReadyUntil(closedAt) ?? Infinity;
  findings.fact(Number.isFinite(routedUntil), `the EndpointSlices take ${name} out of its Service`);
  findings.note(`${name} was out of its Service ${Math.round(closedAt - routedUntil)} ms before its listener closed.`);
  findings.excuse({
    why: `Kubernetes still sent them to ${name}, whose listener was closed`,
    isMeant: ({ atMs, reason }) => reason === 'ECONNREFUSED' && atMs >= closedAt && atMs <= routedUntil + ROUTING_MS,
  });
}

/** The container leaves politely, says so, and is ready again. */
async function restarted(stage: Stage, findings: Findings, name: string): Promise<void> {
  const isBack = () => {
    const pod = find(stage, name);
    return pod?.has('restarted') === true && pod.isReady;
  };
  await stage.observer.until(`${name} to be restarted and ready`, isBack, RESTART_CEILING_MS);
  const ended = find(stage, name)?.container?.lastState?.terminated;
  findings.fact(ended?.exitCode === 0, `${name} exits with 0 (${ended?.exitCode})`);
  const message = ended?.message ?? '';
  excuseRouted(stage, findings, name);
  findings.fact(
    message.includes('SIGTERM') && message.includes('"cut":0'),
    `its last state says how it left (${message})`,
  );
}

/** A pod of the same Service, as the Deployment would make it, whose liveness probe asks for what nobody answers. */
async function createUnhealthyPod(stage: Stage): Promise<void> {
  const { template } = (await stage.deployment()).spec;
  const spec = template.spec as { containers: readonly (ContainerStatus & { livenessProbe: object })[] };
  const containers = spec.containers.map((container) => ({
    ...container,
    livenessProbe: {
      httpGet: { path: '/livez/never', port: 'management' },
      initialDelaySeconds: HEALTHY_SECONDS,
      periodSeconds: 1,
      failureThreshold: 1,
    },
  }));
  await stage.kubectl.run(['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      // Without the ReplicaSet's hash, which would make it one of its own.
      metadata: { name: 'unhealthy', labels: { 'app.kubernetes.io/name': 'ebb', ...stage.cluster.labels } },
      spec: { ...spec, containers },
    }),
  });
}
