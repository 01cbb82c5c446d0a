import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import type { Findings, Scenario } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

const STUCK_CEILING_MS = 60_000;

/** How often a probe has to fail before the release counts as stuck: a start that is merely slow fails a few times. */
const STUCK_AFTER_PROBES = 5;

export const rollbackNeverReady: Scenario = {
  name: 'rollback-never-ready',
  what: 'a release whose readiness check fails, and rollout undo',
  run: (stage, findings) =>
    rollBack(stage, findings, async () => {
      await stage.apply({ replicas: 3, minReadySeconds: 1, readinessPath: '/readyz/never' });
      const { name } = await until(stage, 'the new pod to start', ({ container }) => container?.started === true);
      const events = ['get', 'events', '--field-selector', `reason=Unhealthy,involvedObject.name=${name}`];
      let seen = 0;
      await stage.eventually(`${STUCK_AFTER_PROBES} failed readiness probes`, async () => {
        const { items } = await stage.kubectl.json<{ items: { count?: number; message?: string }[] }>(events);
        const readiness = items.filter(({ message = '' }) => message.startsWith('Readiness probe failed: HTTP probe'));
        seen = readiness.reduce((sum, { count = 1 }) => sum + count, 0);
        return seen >= STUCK_AFTER_PROBES;
      });
      findings.note(`The new pod was running and not ready through ${seen} probes.`);
    }),
};

export const rollbackRefused: Scenario = {
  name: 'rollback-refused',
  what: 'a release whose configuration is refused at boot, and rollout undo',
  run: (stage, findings) =>
    rollBack(stage, findings, () =>
      endsSaying(stage, findings, { LAME_DUCK_SECONDS: 'soon' }, ['LAME_DUCK_SECONDS', 'soon']),
    ),
};

/** Beside a real Envoy, which is ready; the service asks for it where nobody listens. */
export const rollbackAwaited: Scenario = {
  name: 'rollback-awaited',
  what: 'a release whose sidecar is never ready, and rollout undo',
  release: { components: ['envoy'] },
  share: 0.5,
  run: (stage, findings) =>
    rollBack(stage, findings, () =>
      endsSaying(stage, findings, { SIDECAR_ENVOY_URL: 'http://127.0.0.1:19999', SIDECAR_START_SECONDS: '3' }, [
        'not ready within 3 s',
        'envoy',
        '19999/ready',
        'refused',
      ]),
    ),
};

const lastEnd = ({ container }: ObservedPod) => container?.lastState?.terminated ?? container?.state?.terminated;

/** Applies a release with which the service cannot start, and says why where people look. */
async function endsSaying(
  stage: Stage,
  findings: Findings,
  env: Readonly<Record<string, string>>,
  words: readonly string[],
): Promise<void> {
  const says = (text: string) => words.every((word) => text.includes(word));
  await stage.apply({ replicas: 3, minReadySeconds: 1, env });
  const ended = await until(stage, 'the new pod to end', (pod) => lastEnd(pod)?.message !== undefined);
  const { exitCode, message = '' } = lastEnd(ended) ?? {};
  findings.fact(exitCode === 1, `it exits with 1 (${exitCode})`);
  findings.fact(says(message), `the termination message says what is wrong (${message})`);
  // A container that is just being started again has an empty log; the one before it has all.
  await stage.eventually('kubectl logs to say what is wrong', async () => {
    const logs = await Promise.all(
      [[], ['--previous']].map((which) =>
        stage.kubectl.run(['logs', ended.name, '--container', 'ebb', ...which]).catch(() => ''),
      ),
    );
    return logs.some(says);
  });
  findings.note(`kubectl logs and the termination message say: ${message.split('\n').at(-1)}`);
}

/** The old pods go on serving as if nothing had happened, and `kubectl rollout undo` ends it. */
async function rollBack(stage: Stage, findings: Findings, release: () => Promise<void>): Promise<void> {
  await stage.deploy({ replicas: 3, minReadySeconds: 1 });
  const old = stage.pods;
  await stage.underLoad(async () => {
    await release();
    const isAsBefore = () =>
      stage.pods.filter(({ isReady }) => isReady).length === 3 && old.every(({ isReady }) => isReady);
    findings.fact(isAsBefore(), 'the three old pods, and only they, are ready');
    await stage.kubectl.run(['rollout', 'undo', 'deployment/ebb']);
    // Before the pod of the release is asked to go, it is one whose rollout can never be over.
    await stage.observer.until(
      'the release to be taken back',
      () => stage.pods.every((pod) => old.includes(pod)),
      STUCK_CEILING_MS,
    );
    await stage.rolledOut();
    await stage.everyLeaverGone();
    findings.fact(isAsBefore(), 'the three old pods are the ones that serve after the undo');
  });
}

/** Waits until the pod of the new release is at something. */
async function until(stage: Stage, what: string, isThere: (pod: ObservedPod) => boolean): Promise<ObservedPod> {
  const find = () => stage.pods.find((pod) => !pod.isReady && isThere(pod));
  await stage.observer.until(what, () => find() !== undefined, STUCK_CEILING_MS);
  return find() as ObservedPod;
}
