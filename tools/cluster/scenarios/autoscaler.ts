import { setTimeout as sleep } from 'node:timers/promises';
import { CROWDS } from '../../lib/load/load.js';
import { type Scenario, Skipped } from '../scenario.js';
import { LOAD, type Stage } from '../../lib/kubernetes/stage.js';

const LEAST = 2;
const MOST = 5;

/** A request this big is exceeded by the full load on few pods, and never by the light one. */
const CPU_REQUEST = '150m';
const LIGHT = 0.2;

/** The component's own pace, one pod in a minute after five of quiet, is for load that comes and goes; here it goes for good. */
const IN_HASTE = {
  spec: {
    maxReplicas: MOST,
    behavior: {
      scaleDown: { stabilizationWindowSeconds: 5, policies: [{ type: 'Percent', value: 100, periodSeconds: 5 }] },
    },
  },
};

/** The metrics of new pods come a minute late on some clusters. */
const SCALING_CEILING_MS = 240_000;
const METRICS_CEILING_MS = 60_000;

export const autoscaler: Scenario = {
  name: 'autoscaler',
  what: `the component hpa: from ${LEAST} to ${MOST} pods under load and back to ${LEAST} under less`,
  release: { components: ['hpa'] },
  async run(stage) {
    await requireMetrics(stage);
    await stage.deploy({ minReadySeconds: 1, cpuRequest: CPU_REQUEST });
    await stage.kubectl.run(['patch', 'hpa', 'ebb', '--type=merge', `--patch=${JSON.stringify(IN_HASTE)}`]);
    await stage.underLoad(() => stage.readyPods(MOST, SCALING_CEILING_MS));
    // Somebody has to be there to lose something when the pods go.
    await stage.underLoad(() => stage.readyPods(LEAST, SCALING_CEILING_MS), {
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
