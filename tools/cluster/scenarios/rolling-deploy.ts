import { LASTING_LOAD } from '../../lib/kubernetes/stage.js';
import { missedNothing } from '../long-lived.js';
import type { Scenario } from '../scenario.js';

/** The shipped application has neither a gateway nor a stream; the peers' has. */
const LASTING = { settings: LASTING_LOAD };

export const rollingDeploy: Scenario = {
  name: 'rolling-deploy',
  what: 'rollout restart, and a second time that a third one overtakes; WebSockets and streams too',
  async run(stage, findings, { testImage }) {
    await stage.deploy({ image: testImage, replicas: 3, minReadySeconds: 1 });
    await stage.underLoad(async () => {
      await stage.replaceAll();
      const before = stage.observer.pods.filter(({ isDeleted }) => isDeleted).length;
      await stage.restart();
      await stage.observer.until(
        'the second rollout to delete its first pod',
        () => stage.observer.pods.filter(({ isDeleted }) => isDeleted).length > before,
        60_000,
      );
      await stage.restart();
      await stage.rolledOut();
    }, LASTING);
    missedNothing(stage, findings);
    // The one that was overtaken may have deleted a pod before its container had started.
    const exits = stage.observer.pods.flatMap(({ isGone, exitedWith }) => (isGone ? (exitedWith ?? []) : []));
    findings.fact(
      exits.length >= 6 && exits.every((exit) => exit === '0'),
      `every old pod exits with 0 (${exits.join(', ')})`,
    );
  },
};

export const rollOnce: Scenario = {
  name: 'rolling-deploy',
  what: 'rollout restart',
  async run(stage, findings, { testImage }) {
    await stage.deploy({ image: testImage, replicas: 3, minReadySeconds: 1 });
    const old = stage.pods;
    await stage.underLoad(() => stage.replaceAll(), LASTING);
    missedNothing(stage, findings);
    findings.fact(
      old.every(({ exitedWith }) => exitedWith === '0'),
      `every old pod exits with 0 (${old.map(({ exitedWith }) => exitedWith).join(', ')})`,
    );
  },
};

/** As it is shipped: its own replicas, requests and time between two pods. Only the image is another. */
export const production: Scenario = {
  name: 'production',
  what: 'rollout restart of the overlay production',
  release: { overlay: 'k8s/overlays/production' },
  async run(stage) {
    await stage.deploy({});
    await stage.underLoad(() => stage.replaceAll());
  },
};
