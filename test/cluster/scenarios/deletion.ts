import type { Scenario } from '../scenario.js';
import type { Stage } from '../stage.js';

export const podDeleted: Scenario = {
  name: 'pod-deleted',
  what: 'kubectl delete pod',
  async run(stage) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    await stage.underLoad(() =>
      replace(
        stage,
        stage.pods.slice(0, 1).map(({ name }) => name),
      ),
    );
  },
};

export const nodeEmptied: Scenario = {
  name: 'node-emptied',
  what: 'all pods of one node deleted at once, while one stands elsewhere',
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    const byNode = [...Map.groupBy(stage.pods, ({ node }) => node).values()].toSorted((a, b) => b.length - a.length);
    const [fullest = [], ...others] = byNode;
    findings.fact(others.length > 0, 'the pods are on more than one node');
    await stage.underLoad(() =>
      replace(
        stage,
        fullest.map(({ name }) => name),
      ),
    );
    findings.note(`${fullest.length} of 3 pods were deleted at once.`);
  },
};

async function replace(stage: Stage, names: readonly string[]): Promise<void> {
  await stage.kubectl.run(['delete', 'pod', ...names, '--wait=false']);
  await stage.observer.until(
    'the deletion to be seen',
    () => stage.observer.pods.filter(({ isDeleted }) => isDeleted).length === names.length,
    30_000,
  );
  await stage.readyPods(3);
}
