import type { ObservedPod } from '../observed-pod.js';
import type { Findings, Scenario } from '../scenario.js';
import type { Stage } from '../stage.js';

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
    rollBack(stage, findings, async () => {
      await stage.apply({ replicas: 3, minReadySeconds: 1, env: { LAME_DUCK_SECONDS: 'soon' } });
      const refused = await until(stage, 'the new pod to end', (pod) => lastEnd(pod)?.message !== undefined);
      const { exitCode, message = '' } = lastEnd(refused) ?? {};
      findings.fact(exitCode === 1, `it exits with 1 (${exitCode})`);
      findings.fact(says(message), `the termination message names the mistake (${message})`);
      // A container that is just being started again has an empty log; the one before it has all.
      await stage.eventually('kubectl logs to show the mistake', async () => {
        const logs = await Promise.all(
          [[], ['--previous']].map((which) => stage.kubectl.run(['logs', refused.name, ...which]).catch(() => '')),
        );
        return logs.some(says);
      });
      findings.note('kubectl logs and the termination message name the variable and its value.');
    }),
};

const lastEnd = ({ container }: ObservedPod) => container?.lastState?.terminated ?? container?.state?.terminated;

const says = (text: string) => text.includes('LAME_DUCK_SECONDS') && text.includes('soon');

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
