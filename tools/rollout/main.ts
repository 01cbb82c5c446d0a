/**
 * `npm run rollout`: see `options.ts` for what it takes. Exit code 0 only when not one request failed, and no connection was cut
 * or missed anything.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Display } from '../lib/terminal/display.js';
import { rollOnCluster } from './kubernetes.js';
import { type ProcessOptions, type RolloutOptions, USAGE, readOptions } from './options.js';
import { troublesOf } from '../lib/connections/counts.js';
import { drawPicture } from '../lib/picture/picture.js';
import { Rollout } from './processes/rollout.js';
import type { RolloutResult } from '../lib/load/result.js';
import { INTERRUPTED, runProgram } from '../lib/terminal/run-program.js';
import { drawTable } from '../lib/terminal/table.js';

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  return roll(options);
}

async function roll(options: RolloutOptions): Promise<number> {
  const display = new Display(process.stdout);
  const run = options.target === 'processes' ? rollProcesses(options, display) : rollOnCluster(options, display);
  const result = await run.finally(() => display.clear());
  await write(options.picture, drawPicture(result));
  if (options.json !== undefined) {
    await write(options.json, JSON.stringify(result, undefined, 2));
  }
  const failed = result.failures.length;
  print(`\n${drawTable(result)}\n`);
  print(`Picture: ${resolve(options.picture)}`);
  print(failed === 0 ? 'Not one request failed.' : `${failed} requests failed.`);
  const { connections = [] } = result;
  const troubles = connections.flatMap(troublesOf);
  if (connections.length > 0) {
    print(troubles.length === 0 ? 'Not one connection was cut, or missed anything.' : `${troubles.join(', ')}.`);
  }
  return failed + troubles.length === 0 ? 0 : 1;
}

function rollProcesses(options: ProcessOptions, display: Display): Promise<RolloutResult> {
  display.line(`Rolling ${options.replicas} pods of ${options.service ?? 'Ebb'} under load.`);
  const rollout = new Rollout(options, display);
  process.on('SIGINT', () => {
    display.line('Interrupted: every process that was started is ended.');
    rollout.stop();
    process.exit(INTERRUPTED);
  });
  return rollout.run();
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
}

await runProgram(main, USAGE);
