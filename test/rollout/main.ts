/** `npm run rollout`: see `options.ts` for what it takes. Exit code 0 only when not one request failed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Display } from './display.js';
import { readOptions, type RolloutOptions, USAGE, UsageError } from './options.js';
import { drawPicture } from './picture.js';
import { Rollout } from './processes/rollout.js';
import { drawTable } from './table.js';

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
  display.line(`Rolling ${options.replicas} pods of ${options.service ?? 'Ebb'} under load.`);
  const rollout = new Rollout(options, display);
  process.on('SIGINT', () => {
    display.line('Interrupted: every process that was started is ended.');
    rollout.stop();
    process.exit(130);
  });
  const result = await rollout.run().finally(() => display.clear());
  await write(options.picture, drawPicture(result));
  if (options.json !== undefined) {
    await write(options.json, JSON.stringify(result, undefined, 2));
  }
  const failed = result.failures.length;
  print(`\n${drawTable(result)}\n`);
  print(`Picture: ${resolve(options.picture)}`);
  print(failed === 0 ? 'Not one request failed.' : `${failed} requests failed.`);
  return failed === 0 ? 0 : 1;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${USAGE}\n` : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
