/** How long a whole rollout takes, against what it has to take: `npm run rollout`, with Ebb as its service. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PodRecord, RolloutResult } from '../../lib/load/result.js';
import { nodeOn } from '../processes/machine.js';
import type { Column, Measured, Sample } from '../result.js';
import type { Subject } from '../subjects.js';
import { type Bench, inRounds } from './bench.js';

const ROUNDS = 0.25;

const PROGRAM = 'dist-test/tools/rollout/main.js';

/** Far above what a rollout of two pods takes. */
const CEILING_MS = 120_000;

const PRE_STOP_SECONDS = 0.5;

/** So long that no other request of the rollout's clients ends later. */
const LONG_SECONDS = 4;

const ARGS = `--replicas 2 --load 0.2 --pre-stop ${PRE_STOP_SECONDS} --propagation 1 --lame-duck 1 --long ${LONG_SECONDS} --grace 14`;

const COLUMNS: readonly Column[] = [
  { key: 'tookMs', title: 'took', unit: 'ms', better: 'less' },
  { key: 'limitMs', title: 'limit', unit: 'ms' },
  { key: 'overMs', title: 'over the limit', unit: 'ms' },
  { key: 'bootMs', title: 'boots', unit: 'ms' },
  { key: 'requests', title: 'requests', unit: 'count' },
  { key: 'failed', title: 'failed', unit: 'count' },
];

const run = promisify(execFile);

export async function measureRollout(bench: Bench): Promise<Measured> {
  const { options, watch } = bench;
  const rounds = Math.ceil(options.rounds * ROUNDS);
  // The program may have been deleted.
  const subjects = existsSync(PROGRAM) ? options.subjects.filter(({ name }) => name === 'ebb') : [];
  const samples: Sample[] = [];
  await inRounds(bench, 'Rollout', subjects, rounds, async (subject, round) => {
    const { value, noise, disturbedBy } = await watch.measure(async () => figuresOf(await roll(subject, bench)));
    samples.push({ subject: subject.name, round, figures: value, noise, disturbedBy });
  });
  return {
    name: 'rollout',
    title: 'Rollout',
    notes: [
      `npm run rollout -- ${ARGS}; from the spawn of the first new pod to the exit of the last old one, on all cores, under load.`,
      'The limit is what no service can be quicker than: each boot and what the rollout waits after it, then P, and then what the request needs that is in flight when the last pod is deleted.',
    ],
    columns: COLUMNS,
    samples,
  };
}

async function roll({ args, title }: Subject, { cores }: Bench): Promise<RolloutResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const json = join(folder, 'rollout.json');
  const own = [
    '--service',
    [process.execPath, ...args].join(' '),
    '--fast-path',
    '/',
    '--work-path',
    '/wait?seconds={seconds}',
  ];
  const files = ['--json', json, '--picture', join(folder, 'rollout.html')];
  const [command, all] = nodeOn(cores.server === undefined ? undefined : cores.all, [
    PROGRAM,
    ...ARGS.split(' '),
    ...own,
    ...files,
  ]);
  const env = { PATH: process.env['PATH'], DRAIN_TIMEOUT_SECONDS: String(LONG_SECONDS), CLEANUP_SECONDS: '1' };
  try {
    await run(command, all, { env, timeout: CEILING_MS, killSignal: 'SIGINT' });
    return JSON.parse(await readFile(json, 'utf8')) as RolloutResult;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The rollout of ${title} went wrong.\n${stdout}${stderr}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a rollout took, and what it had to take. */
export function figuresOf({ pods, kinds, failures }: RolloutResult): Record<string, number> {
  const created = pods.filter(({ generation }) => generation === 'new');
  const deleted = pods.filter(({ generation }) => generation === 'old');
  const last = Math.max(...deleted.map((pod) => at(pod, 'deleted')));
  const first = Math.min(...created.map((pod) => at(pod, 'created')));
  const tookMs = Math.max(...deleted.map((pod) => at(pod, 'exit'))) - first;
  // The request is sent before the deletion, so that it is in flight by then; P is the first part of its time.
  const sentBeforeMs = LONG_REQUEST_LEAD_MS;
  const limitMs = last - first + Math.max(LONG_SECONDS * 1_000 - sentBeforeMs, PRE_STOP_SECONDS * 1_000);
  return {
    tookMs,
    limitMs,
    overMs: tookMs - limitMs,
    bootMs: created.reduce((sum, pod) => sum + at(pod, 'ready') - at(pod, 'created'), 0),
    requests: kinds.reduce((sum, { requests }) => sum + requests, 0),
    failed: failures.length,
  };
}

/** Of `tools/rollout`: how long before the deletion it sends the long request. */
const LONG_REQUEST_LEAD_MS = 100;

function at({ name, moments }: PodRecord, moment: string): number {
  const found = moments.find((one) => one.name === moment);
  if (found === undefined) {
    throw new Error(`${name} has no moment "${moment}".`);
  }
  return found.atMs;
}
