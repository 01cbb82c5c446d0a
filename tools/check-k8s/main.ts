/** `npm run check:k8s`: see `options.ts` for what it takes. */
import { runProgram } from '../lib/terminal/run-program.js';
import { align } from '../lib/terminal/table.js';
import { check } from './check.js';
import { BadManifests } from './manifest.js';
import { type Options, readOptions, USAGE } from './options.js';
import { draw, isFailed, json, type Report } from './report.js';
import { RULES } from './rules.js';
import { everything, folder, type Source, standardInput } from './sources.js';

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.only !== undefined) {
    print(options.only === 'help' ? USAGE : drawRules());
    return 0;
  }
  const reports: Report[] = [];
  for (const source of await sourcesOf(options)) {
    reports.push(await checked(source));
  }
  print(options.json ? json(reports) : draw(reports));
  return isFailed(reports) ? 1 : 0;
}

async function sourcesOf({ source }: Options): Promise<Source[]> {
  if (source === undefined) {
    return everything();
  }
  return [source === '-' ? standardInput : folder(source)];
}

async function checked({ name, render }: Source): Promise<Report> {
  try {
    return { source: name, ...check(await render()) };
  } catch (error) {
    if (!(error instanceof BadManifests)) {
      throw error;
    }
    return { source: name, workloads: [], objections: [], problem: error.message };
  }
}

function drawRules(): string {
  return align(
    ['rule', 'severity', 'what holds', 'source'],
    RULES.map(({ id, severity, title, source }) => [id, severity, title, source]),
  );
}

await runProgram(main, USAGE);
