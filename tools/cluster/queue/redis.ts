import type { Stage } from '../../lib/kubernetes/stage.js';
import { startTestPod } from '../../lib/kubernetes/test-pod.js';
import { DONE, EFFECTS } from './orders.module.js';

/** Pod, Service and host. */
export const REDIS = 'redis';

/** What became of the jobs of a queue. */
export interface Jobs {
  readonly added: number;
  readonly effects: number;
  readonly failed: number;
  /** Done more than once. */
  readonly twice: number;
}

/** Starts a Redis that keeps nothing. @throws {@link ClusterError} when its pod does not start */
export async function startRedis(stage: Stage, image: string): Promise<void> {
  const selector = { 'app.kubernetes.io/name': REDIS };
  await stage.kubectl.run(['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: REDIS, labels: { ...stage.cluster.labels, ...selector } },
      spec: { selector, ports: [{ name: 'redis', port: 6_379 }] },
    }),
  });
  await startTestPod(stage, {
    name: REDIS,
    image,
    args: ['redis-server', '--save', '', '--protected-mode', 'no'],
    graceSeconds: 1,
    labels: selector,
  });
}

/** How many jobs are in work. */
export async function inWork(stage: Stage, queue: string): Promise<number> {
  return Number(await ask(stage, 'LLEN', `bull:${queue}:active`));
}

export async function jobsOf(stage: Stage, queue: string): Promise<Jobs> {
  const script =
    `local twice = 0; for _, times in ipairs(redis.call('HVALS', KEYS[2])) do if tonumber(times) > 1 then twice = twice + 1 end end;` +
    `return table.concat({redis.call('GET', KEYS[1]), redis.call('HLEN', KEYS[3]), redis.call('ZCARD', KEYS[4]), twice}, ' ')`;
  const keys = [`${queue}:added`, `${queue}:${DONE}`, `${queue}:${EFFECTS}`, `bull:${queue}:failed`];
  const [added = 0, effects = 0, failed = 0, twice = 0] = (await ask(stage, 'EVAL', script, '4', ...keys))
    .split(' ')
    .map(Number);
  return { added, effects, failed, twice };
}

function ask({ kubectl }: Stage, ...command: string[]): Promise<string> {
  return kubectl.run(['exec', REDIS, '--', 'redis-cli', '--raw', ...command]);
}
