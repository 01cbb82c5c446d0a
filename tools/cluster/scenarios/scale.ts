import type { Scenario } from '../scenario.js';

export const scale: Scenario = {
  name: 'scale',
  what: 'kubectl scale from 5 to 1 and back',
  async run(stage) {
    await stage.deploy({ replicas: 5, minReadySeconds: 1 });
    await stage.underLoad(async () => {
      for (const replicas of [1, 5]) {
        await stage.kubectl.run(['scale', 'deployment/ebb', `--replicas=${replicas}`]);
        await stage.readyPods(replicas);
      }
    });
  },
};
