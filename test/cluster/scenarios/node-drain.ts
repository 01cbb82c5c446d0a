import { OURS } from '../release.js';
import { type Scenario, Skipped } from '../scenario.js';

const DRAIN_CEILING_MS = 240_000;

export const nodeDrain: Scenario = {
  name: 'node-drain',
  what: 'kubectl drain of a node, held back by the PodDisruptionBudget, and uncordon',
  async run(stage, findings, { allowDrain }) {
    const { cluster, kubectl } = stage;
    if (!allowDrain) {
      throw new Skipped(
        'it cordons a node for a while, which is outside of the namespace: allow it with --allow-drain',
      );
    }
    if (cluster.nodes.length < 2) {
      throw new Skipped(
        'the pods of a drained node need another one to go to, and this cluster has one that takes pods',
      );
    }
    await stage.deploy({ replicas: 4, minReadySeconds: 1 });
    const node = stage.pods[0]?.node ?? '';
    const here = () => stage.pods.filter((pod) => pod.node === node).length;
    const evicted = here();
    cluster.undoAtEnd(() => kubectl.run(['uncordon', node]));
    await stage.underLoad(async () => {
      // Evicts the pods of these tests and nobody else's.
      const which = ['--pod-selector', OURS, '--ignore-daemonsets', '--delete-emptydir-data'];
      await kubectl.run(['drain', node, ...which, '--timeout=200s'], { ceilingMs: DRAIN_CEILING_MS });
      findings.fact(here() === 0, `no pod is left on ${node}`);
      await stage.readyPods(4);
      await kubectl.run(['uncordon', node]);
    });
    findings.note(`${evicted} pods were evicted from ${node}.`);
  },
};
