import { type Container, preStopSeconds } from '../pod.js';
import type { Finding, Rule } from '../rule.js';

const SOURCE =
  'KEP-753, "ensure preStop hooks are not making the container to exit"; Kubernetes 1.37, "Sidecar Containers"';

/** A preStop of a native sidecar runs when the pod is deleted, beside the service's own, not after it. */
export const nativePreStop: Rule = {
  id: 'native-sidecar-pre-stop',
  severity: 'error',
  title: 'no native sidecar has a preStop that ends it',
  source: `${SOURCE}; linkerd2 pull request 11465`,
  check: ({ natives, field }) =>
    natives.filter(mayEnd).map((container): Finding => ({
      says: `The preStop of ${container.name} runs when the pod is deleted, and may end it while the service still needs it; it is not restarted.`,
      read: [field(container, ['lifecycle', 'preStop'])],
      change:
        'Take it away: a native sidecar gets SIGTERM when the service has exited. Waive this where it ends nothing.',
    })),
};

/** A sleep ends nothing, nor does what only drains; Envoy's listeners are closed at once unless it is told otherwise. */
function mayEnd(container: Container): boolean {
  const { preStop } = container.lifecycle;
  const told = [...(preStop?.exec?.command ?? []), preStop?.httpGet?.path ?? ''].join(' ').trim();
  if (told === '' || preStopSeconds(container) !== undefined) {
    return false;
  }
  if (told.includes('drain_listeners')) {
    return !(told.includes('graceful') && told.includes('skip_exit'));
  }
  return !told.includes('drain') || /quit|shutdown|kill|exit/.test(told);
}

export const nativeStartup: Rule = {
  id: 'native-sidecar-startup',
  severity: 'error',
  title: 'the service starts when its native sidecars are ready',
  source: SOURCE,
  check: ({ natives, field }) =>
    natives
      .filter(({ startupProbe }) => startupProbe === undefined)
      .map((container): Finding => ({
        says: `${container.name} has no startupProbe: the service starts as soon as its process runs, ready or not.`,
        read: [field(container, ['startupProbe'])],
        change: 'Add one that asks what its readiness is.',
      })),
};

export const istioPreStop: Rule = {
  id: 'istio-pre-stop',
  severity: 'warning',
  title: 'in a mesh of Istio no preStop is an HTTP request',
  source: 'Istio 1.32, pkg/kube/inject/app_probe.go',
  check: ({ labels, annotations, pod, settings, field }) => {
    const isIn =
      labels['sidecar.istio.io/inject'] === 'true' ||
      annotations['sidecar.istio.io/inject'] === 'true' ||
      (settings.kind === 'own' && settings.config.sidecars.some(({ name }) => name === 'istio'));
    return (isIn ? pod.containers : [])
      .filter(({ lifecycle }) => lifecycle.preStop?.httpGet !== undefined)
      .map((container): Finding => ({
        says: `Istio sends the preStop request of ${container.name} through its agent, which may be gone by then.`,
        read: [field(container, ['lifecycle', 'preStop', 'httpGet'])],
        change: "Use lifecycle.preStop.sleep, which is the kubelet's own.",
      }));
  },
};
