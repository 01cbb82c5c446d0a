import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import type { Scenario } from '../scenario.js';
import { control } from './controls.js';
import { RESTART_CEILING_MS, ROUTING_MS, restartFromInside } from './container-restart.js';
import { nineSeconds } from './nine-seconds.js';
import { nodeDrain } from './node-drain.js';
import { rollOnce } from './rolling-deploy.js';
import { scale } from './scale.js';

const release = { components: ['envoy'] };

const SHARE = 0.5;

/** With an Envoy in each pod that carries what comes to it, `k8s/components/envoy`. */
const throughEnvoyAlone = [scale, nodeDrain, nineSeconds].map(({ name, what, run }): Scenario => ({
  name: `envoy-${name}`,
  what: `${what}, through an Envoy in each pod`,
  release,
  share: SHARE,
  run,
}));

export const throughEnvoy: readonly Scenario[] = [
  {
    ...rollOnce,
    name: 'envoy-rolling-deploy',
    what: `${rollOnce.what} of the overlay mesh-example, with an Envoy and a collector in each pod; WebSockets and streams too`,
    release: { overlay: 'k8s/overlays/mesh-example' },
  },
  ...throughEnvoyAlone,
];

/** What the service does at SIGTERM without knowing of Envoy: it leaves politely, and Envoy's clients do not hear of it. */
export const untoldEnvoy: Scenario = {
  ...control('envoy-untold', 'the same service with an Envoy in each pod that is not told to drain', () => ({
    env: { SIDECARS: '' },
  })),
  release,
  share: SHARE,
};

/** Its Envoy stays, and goes on sending requests until the pod is out of its Service. */
export const envoyContainerRestart: Scenario = {
  name: 'envoy-container-restart',
  what: 'SIGTERM to process 1 from inside its pod, with an Envoy in each pod',
  release,
  share: SHARE,
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    await stage.underLoad(() => restartFromInside(stage, findings));
  },
};

/** Pods with an Envoy and pods without one are in the same Service meanwhile, and clients reach each where it listens. */
export const envoyAdded: Scenario = {
  name: 'envoy-added',
  what: 'a rollout that puts an Envoy into each pod, and one that takes it away again',
  async run(stage) {
    await stage.deploy({ replicas: 2, minReadySeconds: 1 });
    await stage.underLoad(async () => {
      for (const components of [['envoy'], []]) {
        await stage.apply({ replicas: 2, minReadySeconds: 1, components });
        await stage.rolledOut();
      }
    });
  },
};

export const envoyKilled: Scenario = {
  name: 'envoy-killed',
  what: "a pod's Envoy ends while the service serves, and later the pod is deleted",
  release,
  share: SHARE,
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    const pod = stage.pods[0] as ObservedPod;
    await stage.underLoad(async () => {
      const diedAt = stage.now();
      await stage.evaluate(pod.name, 'fetch("http://127.0.0.1:9901/quitquitquit", { method: "POST" })');
      const isBack = () => pod.sidecar('envoy')?.restartCount === 1 && pod.isReady;
      await stage.observer.until('Envoy to be restarted, and its pod ready', isBack, RESTART_CEILING_MS);
      const backAt = stage.now();
      findings.excuse({
        why: `Envoy was gone, with what passed through it, for ${((backAt - diedAt) / 1_000).toFixed(1)} s`,
        isMeant: ({ atMs, reason }) =>
          atMs >= diedAt && atMs <= backAt + ROUTING_MS && ['ECONNRESET', 'ECONNREFUSED', '503'].includes(reason),
      });
      const { answered } = pod;
      await stage.observer.until('the pod to be asked again', () => pod.answered > answered, RESTART_CEILING_MS);
      findings.fact(pod.container?.restartCount === 0, 'the service goes on when its Envoy ends');
      await stage.kubectl.run(['delete', 'pod', pod.name, '--wait=false']);
      await stage.observer.until(`${pod.name} to be gone`, () => pod.isGone, RESTART_CEILING_MS);
    });
    findings.fact(pod.exitedWith === '0', `it still leaves politely (${pod.exitedWith})`);
  },
};
