import type { Call } from '../lib/peers/call-all.js';
import type { Release } from '../lib/kubernetes/release.js';
import type { Stage } from '../lib/kubernetes/stage.js';
import { startTestPod } from '../lib/kubernetes/test-pod.js';

/** The second service: pod, Service and host of a URL. */
export const CALLEE = 'callee';

/** Starts a second service, which others call. @throws {@link ClusterError} when its pod does not start */
export async function startCallee(
  stage: Stage,
  image: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const name = { 'app.kubernetes.io/name': CALLEE };
  await stage.kubectl.run(['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: CALLEE, labels: { ...stage.cluster.labels, ...name } },
      spec: { selector: name, ports: [{ name: 'http', port: 80, targetPort: 3_000 }] },
    }),
  });
  await startTestPod(stage, {
    name: CALLEE,
    image,
    args: ['dist-test/tools/lib/peers/peer.js', 'stock'],
    graceSeconds: 1,
    labels: { ...name, ...labels },
  });
}

/** An Ebb service that calls others in the last moment before it exits: `calling-out.app.ts`. */
export function callingOut(testImage: string, calls: readonly Call[]): Partial<Release> {
  return {
    image: testImage,
    args: ['dist-test/tools/cluster/calling-out.main.js'],
    env: { FIXTURE_CALLS: JSON.stringify(calls) },
  };
}

/** What came of the calls of the pods that are gone: name, and status or error. */
export function calledOut({ observer }: Stage): Readonly<Record<string, string>>[] {
  return observer.pods
    .filter(({ isGone }) => isGone)
    .map((pod) => (pod.event('fixture.called')?.['calls'] ?? {}) as Record<string, string>);
}
