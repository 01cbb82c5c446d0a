/** `npm run bench`: see `options.ts` for what it takes, and `docs/speed.md` for how it measures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Display } from '../lib/terminal/display.js';
import { INTERRUPTED, runProgram } from '../lib/terminal/run-program.js';
import type { Bench } from './measurements/bench.js';
import { measureExit } from './measurements/exit.js';
import { measureImage } from './measurements/image.js';
import { measureMemory } from './measurements/memory.js';
import { measureRequests } from './measurements/requests.js';
import { measureRollout } from './measurements/rollout.js';
import { measureStart } from './measurements/start.js';
import { Quiet } from './noise/quiet.js';
import { Watch } from './noise/watch.js';
import { type BenchOptions, USAGE, readOptions } from './options.js';
import { children } from './processes/children.js';
import { type Cores, describeMachine, divideCores, moveTo, requireProc } from './processes/machine.js';
import { drawPage } from './report/page.js';
import { drawTables } from './report/table.js';
import { missingOf } from './subjects.js';
import type { BenchResult, Measured, MeasurementName } from './result.js';

/** How many disturbed slices are repeated: a part of those of requests, the most sensitive ones. */
const REPEATS = 0.5;

const PAUSE_MS = 500;

const print = (text: string) => process.stdout.write(`${text}\n`);

const MEASURE: Readonly<Record<MeasurementName, (bench: Bench) => Promise<Measured>>> = {
  requests: measureRequests,
  start: measureStart,
  memory: measureMemory,
  exit: measureExit,
  rollout: measureRollout,
  image: measureImage,
};

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  const display = new Display(process.stdout);
  for (const subject of options.leftOut) {
    display.line(`${subject.title} is left out: there is no ${missingOf(subject)}.`);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      display.line('Interrupted: every process that was started is ended.');
      children.killAll();
      process.exit(INTERRUPTED);
    });
  }
  try {
    const result = await measure(options, display);
    display.clear();
    print(drawTables(result));
    const files = {
      json: join(options.report, 'bench.json'),
      page: join(options.report, 'bench.html'),
      table: join(options.report, 'bench.txt'),
    };
    await mkdir(options.report, { recursive: true });
    await writeFile(files.json, JSON.stringify(result, undefined, 2));
    await writeFile(files.page, drawPage(result));
    await writeFile(files.table, drawTables(result));
    print(`\nReport: ${resolve(files.page)}`);
    return 0;
  } finally {
    children.killAll();
  }
}

async function measure(options: BenchOptions, display: Display): Promise<BenchResult> {
  const [startedAt, begun] = [new Date(), performance.now()];
  requireProc();
  const cores: Cores = divideCores();
  const machine = describeMachine(cores);
  moveTo(cores.client);
  const repeats = Math.ceil(options.rounds * options.subjects.length * REPEATS);
  const quiet = new Quiet(options.allowNoise, repeats, PAUSE_MS);
  const watch = new Watch(cores.server, quiet);
  display.line('Looking whether the machine is quiet.');
  await watch.calibrate(options.allowNoise);
  const bench: Bench = { options, cores, watch, display };
  const measured: Measured[] = [];
  for (const name of options.measurements) {
    const one = await MEASURE[name](bench);
    if (one.samples.length > 0) {
      measured.push(one);
    } else {
      display.line(`${one.title} is left out: nothing that is here can be measured so.`);
    }
  }
  watch.end();
  if (measured.length === 0) {
    throw new Error('Nothing was measured: none of --only can be measured of these --subjects.');
  }
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
