import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import type { Scenario } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

const GONE_CEILING_MS = 90_000;

export const podDeleted: Scenario = {
  name: 'pod-deleted',
  what: 'kubectl delete pod',
  async run(stage) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    await stage.underLoad(() => replace(stage, stage.pods.slice(0, 1)));
  },
};

export const nodeEmptied: Scenario = {
  name: 'node-emptied',
  what: 'all pods of one node deleted at once, while one stands elsewhere',
  async run(stage, findings) {
    const { nodes } = stage.cluster;
    // One more than there are nodes: one of them has two.
    await stage.deploy({ replicas: nodes.length + 1, minReadySeconds: 1 });
    const byNode = [...Map.groupBy(stage.pods, ({ node }) => node).values()].toSorted((a, b) => b.length - a.length);
    const [fullest = [], ...others] = byNode;
    findings.fact(fullest.length >= 2 && others.length > 0, 'two pods are on one node, and another one elsewhere');
    await stage.underLoad(() => replace(stage, fullest));
    findings.note(`${fullest.length} of ${nodes.length + 1} pods were deleted at once.`);
  },
};

async function replace(stage: Stage, pods: readonly ObservedPod[]): Promise<void> {
  const replicas = stage.pods.length;
  await stage.kubectl.run(['delete', 'pod', ...pods.map(({ name }) => name), '--wait=false']);
  await stage.observer.until('the pods to be gone', () => pods.every(({ isGone }) => isGone), GONE_CEILING_MS);
  await stage.readyPods(replicas);
}
