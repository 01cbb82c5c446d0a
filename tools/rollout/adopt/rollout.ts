/** The short rollout, as somebody at a terminal runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RolloutResult } from '../../lib/load/result.js';

/** More than the rollout takes of a program that has to be killed. Interrupted, it ends what it has started. */
const CEILING = { timeout: 50_000, killSignal: 'SIGINT' } as const;

/** P + A + R + C and the margin of 5 s are the grace period, and R is the longest request that a client sends. */
const OPTIONS = '--replicas 2 --load 0.5 --pre-stop 0.5 --propagation 1 --lame-duck 1 --long 3 --grace 10'.split(' ');

const ENV = { DRAIN_TIMEOUT_SECONDS: '3', CLEANUP_SECONDS: '0.5' };

const PATHS = ['--fast-path', '/api/cats', '--work-path', '/api/cats/slow?seconds={seconds}'];

export interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
  readonly result: RolloutResult;
}

/**
 * Rolls a program with the routes of the cats.
 *
 * @param folder where the result is written.
 */
export async function roll(main: string, folder: string): Promise<Outcome> {
  const [json, picture] = [join(folder, 'result.json'), join(folder, 'rollout.html')];
  const args = ['--service', `${process.execPath} ${main}`, ...PATHS, ...OPTIONS, '--json', json, '--picture', picture];
  const child = spawn(process.execPath, ['dist-test/tools/rollout/main.js', ...args], {
    ...CEILING,
    env: { PATH: process.env['PATH'], ...ENV },
    stdio: 'pipe',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  try {
    return { exitCode, output, result: JSON.parse(await readFile(json, 'utf8')) as RolloutResult };
  } catch (error) {
    throw new Error(`The rollout ended with ${exitCode} and no result. It printed:\n${output}`, { cause: error });
  }
}
