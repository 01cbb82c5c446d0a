/** `npm run test:cluster`: see `options.ts` for what it takes. Exit code 0 only when no scenario failed. */
import { resolve } from 'node:path';
import { Display } from '../lib/terminal/display.js';
import { runProgram } from '../lib/terminal/run-program.js';
import { align } from '../lib/terminal/table.js';
import { USAGE, readSuite } from './options.js';
import type { Outcome } from './play.js';
import { SCENARIOS } from './scenarios.js';
import { drawOutcomes, playAll } from './suite.js';
import { withCluster } from '../lib/kubernetes/with-cluster.js';

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = readSuite(
    process.argv.slice(2),
    SCENARIOS.map(({ name }) => name),
  );
  if (typeof options === 'string') {
    print(
      options === 'help'
        ? USAGE
        : align(
            ['scenario', 'what is done'],
            SCENARIOS.map(({ name, what }) => [name, what]),
          ),
    );
    return 0;
  }
  const display = new Display(process.stdout);
  const scenarios = SCENARIOS.filter(({ name }) => options.scenario === undefined || options.scenario === name);
  const outcomes: Outcome[] = [];
  const counted = (verdict: Outcome['verdict']) => outcomes.filter((outcome) => outcome.verdict === verdict).length;
  await withCluster(
    options,
    (line) => display.line(line),
    (cluster) => playAll(scenarios, cluster, options, display, outcomes),
  ).finally(() => {
    display.clear();
    if (outcomes.length > 0) {
      print(`\n${drawOutcomes(outcomes)}\n`);
      print(`Pictures: ${resolve(options.report)}`);
      print(`${counted('passed')} passed, ${counted('failed')} failed, ${counted('skipped')} skipped`);
    }
  });
  return counted('failed') === 0 ? 0 : 1;
}

await runProgram(main, USAGE);
