import type { Release } from './release.js';
import type { Stage } from './stage.js';

/** The second service: pod, Service and host of a URL. */
export const CALLEE = 'callee';

const START_CEILING_MS = 100_000;

/** Starts a second service, which others call. */
export async function startCallee(
  { kubectl, cluster }: Stage,
  image: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const name = { 'app.kubernetes.io/name': CALLEE };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    // Not by the labels of the run: it belongs to no Deployment, so that a node would not be drained of it.
    metadata: { name: CALLEE, labels: { ...name, ...labels } },
    spec: {
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: CALLEE,
          image,
          imagePullPolicy: 'IfNotPresent',
          args: ['dist-test/test/rollout/peers/peer.js', 'stock'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: CALLEE, labels: { ...cluster.labels, ...name } },
    spec: { selector: name, ports: [{ name: 'http', port: 80, targetPort: 3_000 }] },
  };
  await kubectl.run(['create', '--filename', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod, service] }),
  });
  await kubectl.run(['wait', `pod/${CALLEE}`, '--for=condition=Ready', '--timeout=90s'], {
    ceilingMs: START_CEILING_MS,
  });
}

/** Who is called, and how: `host` where the URL is a proxy's. */
export interface Call {
  readonly name: string;
  readonly url: string;
  readonly host?: string;
}

/** The service, with one more feature: its last hook of all, in the last moment before it exits, calls others. */
export function callingOut(testImage: string, calls: readonly Call[]): Partial<Release> {
  return {
    image: testImage,
    args: ['dist-test/test/support/fixture-service.js', 'calls-out'],
    env: { FIXTURE_CALLS: JSON.stringify(calls) },
  };
}

/** What came of the calls of the pods that are gone: name, and status or error. */
export function calledOut({ observer }: Stage): Readonly<Record<string, string>>[] {
  return observer.pods
    .filter(({ isGone }) => isGone)
    .map((pod) => (pod.event('fixture.called')?.['calls'] ?? {}) as Record<string, string>);
}
