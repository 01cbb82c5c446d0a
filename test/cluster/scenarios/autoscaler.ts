import { setTimeout as sleep } from 'node:timers/promises';
import { CROWDS } from '../../rollout/load.js';
import { type Scenario, Skipped } from '../scenario.js';
import { LOAD, type Stage } from '../stage.js';

const MOST = 5;

/** A request this big is exceeded by the full load on few pods, and never by the light one. */
const CPU_REQUEST = '200m';
const TARGET_UTILIZATION = 60;
const LIGHT = 0.2;

/** The metrics of new pods come a minute late on some clusters. */
const SCALING_CEILING_MS = 240_000;
const METRICS_CEILING_MS = 60_000;

export const autoscaler: Scenario = {
  name: 'autoscaler',
  what: `a HorizontalPodAutoscaler goes from 1 to ${MOST} pods under load and back to 1 under less`,
  async run(stage) {
    await requireMetrics(stage);
    await stage.deploy({ replicas: 1, minReadySeconds: 1, cpuRequest: CPU_REQUEST });
    await stage.kubectl.run(['apply', '--filename', '-'], {
      input: JSON.stringify({ ...AUTOSCALER, metadata: { name: 'ebb', labels: stage.cluster.labels } }),
    });
    await stage.underLoad(() => stage.readyPods(MOST, SCALING_CEILING_MS));
    // Somebody has to be there to lose something when the pods go.
    await stage.underLoad(() => stage.readyPods(1, SCALING_CEILING_MS), {
      settings: { ...LOAD, load: LIGHT },
      crowds: CROWDS.filter(({ kind }) => kind !== 'busy keep-alive'),
    });
  },
};

/** A cluster that has it may need a moment to say so. */
async function requireMetrics({ cluster }: Stage): Promise<void> {
  const deadline = performance.now() + METRICS_CEILING_MS;
  for (;;) {
    try {
      await cluster.api.get('/apis/metrics.k8s.io/v1beta1/nodes');
      return;
    } catch (error) {
      if ((error as Error).message.includes('answers 404')) {
        throw new Skipped('the cluster has no metrics API: install metrics-server');
      }
      if (performance.now() > deadline) {
        throw error;
      }
      await sleep(1_000);
    }
  }
}

const AUTOSCALER = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ebb' },
    minReplicas: 1,
    maxReplicas: MOST,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: TARGET_UTILIZATION } },
      },
    ],
    // Five minutes by default, which protects from load that comes and goes; here it goes for good.
    behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
  },
};
