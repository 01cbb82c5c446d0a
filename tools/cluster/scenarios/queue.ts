import type { Release } from '../../lib/kubernetes/release.js';
import type { Stage } from '../../lib/kubernetes/stage.js';
import { startTestPod } from '../../lib/kubernetes/test-pod.js';
import { inWork, type Jobs, jobsOf, REDIS, startRedis } from '../queue/redis.js';
import type { Findings, Scenario } from '../scenario.js';

const ROLLS = 20;
const CONTROL_ROLLS = 2;
const DELETE_CEILING_MS = 60_000;

/** One, so that twenty deploys take two minutes. Nobody has to forget a worker. */
const WORKERS: Partial<Release> = { replicas: 1, preStopSeconds: 0, minReadySeconds: 0 };

export const queue: Scenario = {
  name: 'queue',
  what: `jobs in work through ${ROLLS} rolling deploys and one worker that dies; under Nest alone, some fail`,
  isQuiet: true,
  async run(stage, findings, { testImage, redisImage }) {
    await startRedis(stage, redisImage);
    await stage.deploy(worker(testImage, 'worker', 'orders'), {});
    const adding = await startAdding(stage, testImage, 'orders');
    await roll(stage, findings, 'orders', ROLLS);
    const rolled = await jobsOf(stage, 'orders');
    findings.fact(rolled.failed === 0 && rolled.twice === 0, `none failed, none was done twice (${told(rolled)})`);
    await die(stage, findings);
    await adding.stop();
    const all = await untilDone(stage, 'orders');
    findings.fact(all.failed === 0 && all.effects === all.added, `each has its effect, once (${told(all)})`);
    findings.note(`${ROLLS} rolling deploys: ${told(rolled)}. After a worker that died: ${told(all)}.`);
    await control(stage, findings, testImage);
  },
};

function worker(image: string, program: 'worker' | 'stock', queueName: string): Partial<Release> {
  return { ...WORKERS, image, args: [`dist-test/tools/cluster/queue/${program}.main.js`, queueName, REDIS] };
}

async function startAdding(stage: Stage, image: string, queueName: string): Promise<{ stop(): Promise<void> }> {
  const name = `adder-of-${queueName}`;
  const args = ['dist-test/tools/cluster/queue/adder.main.js', queueName, REDIS];
  await startTestPod(stage, { name, image, args, graceSeconds: 10 });
  return {
    stop: async () => {
      await stage.kubectl.run(['delete', 'pod', name, '--wait'], { ceilingMs: DELETE_CEILING_MS });
    },
  };
}

/** Replaces all workers so many times, each time with jobs in work. */
async function roll(stage: Stage, findings: Findings, queueName: string, rolls: number): Promise<void> {
  for (let rolled = 0; rolled < rolls; rolled += 1) {
    await stage.eventually('jobs to be in work', async () => (await inWork(stage, queueName)) > 0);
    const old = stage.pods;
    await stage.replaceAll();
    const exits = old.map(({ exitedWith }) => exitedWith);
    findings.fact(
      queueName === 'control' || exits.every((code) => code === '0'),
      `workers exit with 0 (${exits.join(', ')})`,
    );
  }
}

/** One worker ends without a word. Its jobs are taken up by another when their locks are over. */
async function die(stage: Stage, findings: Findings): Promise<void> {
  const [victim] = stage.pods;
  await stage.eventually('jobs to be in work', async () => (await inWork(stage, 'orders')) > 0);
  // The answer never comes.
  await stage.evaluate(victim?.name ?? '', 'await fetch("http://127.0.0.1:9000/abort")').catch(() => undefined);
  await stage.observer.until(
    'the worker to be back',
    () => victim?.has('restarted') === true && victim.isReady,
    60_000,
  );
  const { exitCode } = victim?.container?.lastState?.terminated ?? {};
  findings.fact(exitCode !== undefined && exitCode > 128, `a worker dies without a word (exit code ${exitCode})`);
}

/** Waits until every job that was added is done or has failed. */
async function untilDone(stage: Stage, queueName: string): Promise<Jobs> {
  let jobs = await jobsOf(stage, queueName);
  await stage.eventually('every job to be done or to have failed', async () => {
    jobs = await jobsOf(stage, queueName);
    return jobs.effects + jobs.failed >= jobs.added;
  });
  return jobs;
}

async function control(stage: Stage, findings: Findings, testImage: string): Promise<void> {
  const probe = { onlyProbe: { path: '/a', port: 'http' } };
  await stage.deploy({ ...worker(testImage, 'stock', 'control'), ...probe }, {});
  const adding = await startAdding(stage, testImage, 'control');
  await roll(stage, findings, 'control', CONTROL_ROLLS);
  await adding.stop();
  const jobs = await untilDone(stage, 'control');
  findings.fact(jobs.failed > 0, `jobs fail under Nest alone (${told(jobs)})`);
  findings.note(`${CONTROL_ROLLS} rolling deploys under Nest alone: ${told(jobs)}.`);
}

function told({ added, effects, failed, twice }: Jobs): string {
  return `${added} added, ${effects} done, ${failed} failed, ${twice} done twice`;
}
