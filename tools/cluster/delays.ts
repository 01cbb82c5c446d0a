/**
 * `npm run delays`: how short the preStop sleep and the lame duck may be on this cluster before requests are lost. Prints a
 * table in Markdown; the flags are those of `npm run test:cluster` that name the cluster and the image.
 */
import { Display } from '../lib/terminal/display.js';
import { parse } from '../lib/terminal/flags.js';
import { runProgram } from '../lib/terminal/run-program.js';
import { count } from '../lib/terminal/table.js';
import { clear } from '../lib/kubernetes/namespace.js';
import { CLUSTER_FLAGS, CLUSTER_USAGE, readCluster } from '../lib/kubernetes/options.js';
import { Stage } from '../lib/kubernetes/stage.js';
import { withCluster } from '../lib/kubernetes/with-cluster.js';

const PRE_STOP_SECONDS = [0, 1, 2, 5];
const LAME_DUCK_SECONDS = [0, 1, 3, 5];

/** Of three pods each. */
const ROLLOUTS = 3;

const USAGE = `npm run delays -- [options]\n\n${CLUSTER_USAGE}`;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = readCluster(parse(process.argv.slice(2), CLUSTER_FLAGS));
  const display = new Display(process.stderr);
  await withCluster(
    options,
    (line) => display.line(line),
    async (cluster) => {
      print(`| P \\ A | ${LAME_DUCK_SECONDS.map((seconds) => `${seconds} s`).join(' | ')} |`);
      print(`| --- | ${LAME_DUCK_SECONDS.map(() => '---').join(' | ')} |`);
      for (const preStop of PRE_STOP_SECONDS) {
        const cells: string[] = [];
        for (const lameDuck of LAME_DUCK_SECONDS) {
          const stage = new Stage(cluster);
          await stage.observer.start();
          await rollOut(stage, preStop, lameDuck).finally(() => stage.observer.stop());
          await clear(cluster.kubectl, cluster.selector);
          cells.push(`${count(stage.recorder.failures.length)} of ${count(stage.recorder.total)}`);
          display.line(`P ${preStop} s, A ${lameDuck} s: ${cells.at(-1)} failed`);
        }
        print(`| ${preStop} s | ${cells.join(' | ')} |`);
      }
    },
  );
  return 0;
}

async function rollOut(stage: Stage, preStop: number, lameDuck: number): Promise<void> {
  await stage.deploy({
    replicas: 3,
    minReadySeconds: 1,
    preStopSeconds: preStop,
    // D is 0: with its default, what is too short would be refused at boot, and it is to be tried here. The lame duck
    // then lasts for as long as anybody still connects, at most A.
    env: { LAME_DUCK_SECONDS: String(lameDuck), PROPAGATION_SECONDS: '0' },
  });
  await stage.underLoad(async () => {
    for (let rollout = 0; rollout < ROLLOUTS; rollout += 1) {
      await stage.replaceAll();
    }
  });
}

await runProgram(main, USAGE);
