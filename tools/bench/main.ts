/** `npm run bench`: see `options.ts` for what it takes, and `docs/speed.md` for how it measures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Display } from '../lib/terminal/display.js';
import { INTERRUPTED, runProgram } from '../lib/terminal/run-program.js';
import type { Bench } from './measurements/bench.js';
import { measureRequests } from './measurements/requests.js';
import { Quiet } from './noise/quiet.js';
import { Watch } from './noise/watch.js';
import { type BenchOptions, USAGE, readOptions } from './options.js';
import { children } from './processes/children.js';
import { type Cores, describeMachine, divideCores, moveTo } from './processes/machine.js';
import { drawTables } from './report/table.js';
import type { BenchResult, Measured, MeasurementName } from './result.js';

/** How many disturbed slices are repeated: a part of those of requests, the most sensitive ones. */
const REPEATS = 0.5;

const PAUSE_MS = 500;

const print = (text: string) => process.stdout.write(`${text}\n`);

const MEASURE: Partial<Record<MeasurementName, (bench: Bench) => Promise<Measured>>> = {
  requests: measureRequests,
};

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  const display = new Display(process.stdout);
  process.on('SIGINT', () => {
    display.line('Interrupted: every process that was started is ended.');
    children.killAll();
    process.exit(INTERRUPTED);
  });
  try {
    const result = await measure(options, display);
    display.clear();
    print(drawTables(result));
    await mkdir(options.report, { recursive: true });
    await writeFile(join(options.report, 'bench.json'), JSON.stringify(result, undefined, 2));
    print(`\nReport: ${resolve(options.report)}`);
    return 0;
  } finally {
    children.killAll();
  }
}

async function measure(options: BenchOptions, display: Display): Promise<BenchResult> {
  const [startedAt, begun] = [new Date(), performance.now()];
  const cores: Cores = divideCores();
  const machine = describeMachine(cores);
  moveTo(cores.client);
  const repeats = Math.ceil(options.rounds * options.subjects.length * REPEATS);
  const quiet = new Quiet(options.allowNoise, repeats, PAUSE_MS);
  const watch = new Watch(cores.server, quiet);
  await watch.calibrate();
  const measured: Measured[] = [];
  for (const name of options.measurements) {
    const take = MEASURE[name];
    if (take !== undefined) {
      measured.push(await take({ options, cores, watch, display }));
    }
  }
  watch.end();
  return {
    startedAt: startedAt.toISOString(),
    tookMs: performance.now() - begun,
    machine,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    noisy: options.allowNoise && quiet.disturbed > 0,
    disturbed: quiet.disturbed,
    subjects: options.subjects.map(({ name, title }) => ({ name, title })),
    measured,
  };
}

await runProgram(main, USAGE);
