import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import { type Scenario, Skipped } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

const PER_NODE = 2;
const MOST_NODES = 4;
const DRAIN_CEILING_MS = 240_000;

export const nodeDrain: Scenario = {
  name: 'node-drain',
  what: 'kubectl drain of a node, held back by the PodDisruptionBudget, and uncordon',
  async run(stage, findings, { allowDrain }) {
    requireDrain(stage, allowDrain);
    const { nodes } = stage.cluster;
    await stage.deploy({ replicas: PER_NODE * nodes.length, minReadySeconds: 1 });
    const byNode = [...Map.groupBy(stage.pods, ({ node = '' }) => node)];
    const [node, evicted] = byNode.toSorted(([, a], [, b]) => b.length - a.length)[0] ?? ['', []];
    findings.fact(evicted.length >= 2, `${node} has two pods, which the budget lets go one by one (${evicted.length})`);
    await stage.underLoad(() => drain(stage, node));
    findings.fact(
      stage.pods.every((pod) => pod.node !== node),
      `no pod is left on ${node}`,
    );
    findings.fact(replacedOneByOne(evicted, stage.observer.pods), 'a new pod is ready before the next one is evicted');
    findings.note(`${evicted.length} pods were evicted from ${node}, each after the one before was replaced.`);
  },
};

/** @throws {@link Skipped} where a node may not be drained, or there are not the nodes for it */
export function requireDrain({ cluster: { nodes } }: Stage, allowDrain: boolean): void {
  if (!allowDrain) {
    throw new Skipped('it cordons a node for a while, which is outside of the namespace: allow it with --allow-drain');
  }
  if (nodes.length < 2 || nodes.length > MOST_NODES) {
    throw new Skipped(`it wants 2 to ${MOST_NODES} nodes that take pods, and this cluster has ${nodes.length}`);
  }
}

/** Drains a node of this run's pods and nobody else's, and lets it take pods again once they stand elsewhere. */
export async function drain(stage: Stage, node: string): Promise<void> {
  const { cluster } = stage;
  const replicas = stage.pods.length;
  cluster.undoAtEnd((kubectl) => kubectl.run(['uncordon', node]));
  // Evicts the pods of this run and nobody else's, wherever they are.
  const which = ['--pod-selector', cluster.selector, '--ignore-daemonsets', '--delete-emptydir-data'];
  try {
    await cluster.kubectl.run(['drain', node, ...which, '--timeout=200s'], { ceilingMs: DRAIN_CEILING_MS });
    await stage.readyPods(replicas);
  } finally {
    await cluster.kubectl.run(['uncordon', node]);
  }
}

/** Whether between any two evictions another pod became ready. */
function replacedOneByOne(evicted: readonly ObservedPod[], all: readonly ObservedPod[]): boolean {
  const evictions = evicted.flatMap((pod) => pod.when('deleted') ?? []).toSorted((a, b) => a - b);
  const ready = all.flatMap((pod) => pod.when('ready') ?? []);
  return evictions.slice(1).every((next, index) => ready.some((at) => at > (evictions[index] ?? 0) && at < next));
}
