import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Display } from '../lib/terminal/display.js';
import { drawPicture } from '../lib/picture/picture.js';
import { align, count, duration } from '../lib/terminal/table.js';
import type { Cluster } from '../lib/kubernetes/cluster.js';
import type { SuiteOptions } from './options.js';
import { type Outcome, play } from './play.js';
import type { Scenario } from './scenario.js';
import type { Stage } from '../lib/kubernetes/stage.js';

/**
 * Plays scenarios one after the other, and shows how each went.
 *
 * @param outcomes  is filled, so that what was played can be told also when it ends early
 */
export async function playAll(
  scenarios: readonly Scenario[],
  cluster: Cluster,
  options: SuiteOptions,
  display: Display,
  outcomes: Outcome[],
): Promise<void> {
  for (let round = 1; round <= options.repeat; round += 1) {
    for (const scenario of scenarios) {
      const title = options.repeat === 1 ? scenario.name : `${scenario.name} (${round} of ${options.repeat})`;
      display.line(`\n${title}: ${scenario.what}`);
      const outcome = await play(scenario, cluster, options, (stage) => display.status(progress(stage)));
      // Interrupted: it failed because the cluster was taken away from it.
      if (cluster.isOver) {
        return;
      }
      outcomes.push(outcome);
      display.line(summary(outcome));
      await report(outcome, options.repeat === 1 ? scenario.name : `${scenario.name}-${round}`, options.report);
    }
  }
}

/** All outcomes, one line each. */
export function drawOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { scenario, verdict, result, tookMs, failed } = outcome;
    const gone = result?.pods.flatMap(({ deletedToGoneMs }) => deletedToGoneMs ?? []) ?? [];
    return [
      scenario.name,
      result === undefined ? '' : count(requestsOf(outcome)),
      result === undefined ? '' : count(failed),
      result === undefined ? '' : count(result.failures.length - failed),
      result === undefined ? '' : duration(Math.max(0, ...result.kinds.map(({ slowestMs }) => slowestMs))),
      gone.length === 0 ? '' : `${seconds(Math.min(...gone))} to ${seconds(Math.max(...gone))}`,
      gone.length === 0 ? '' : count(gone.length),
      verdict,
      seconds(tookMs),
    ];
  });
  const notes = outcomes.flatMap(({ scenario, why, notes: found }) =>
    [...(why === undefined ? [] : [why]), ...found].map((note) => `${scenario.name}: ${note}`),
  );
  const head = ['scenario', 'requests', 'failed', 'excused', 'slowest', 'deleted → gone', 'pods', 'verdict', 'took'];
  return [align(head, rows), notes.join('\n')].join('\n\n');
}

function summary(outcome: Outcome): string {
  const { verdict, why, result, failed } = outcome;
  const counts = result === undefined ? '' : `, ${count(failed)} of ${count(requestsOf(outcome))} requests failed`;
  return `  ${verdict}${counts}${why === undefined ? '' : `: ${why}`}`;
}

function requestsOf({ result }: Outcome): number {
  return result?.kinds.reduce((sum, { requests }) => sum + requests, 0) ?? 0;
}

function progress(stage: Stage): string {
  const { observer, recorder, pods } = stage;
  const leaving = observer.pods.filter(({ isDeleted, isGone }) => isDeleted && !isGone).length;
  const ready = pods.filter(({ isReady }) => isReady).length;
  const asked = `${count(recorder.total)} requests, ${count(recorder.failures.length)} failed`;
  return `  ${seconds(stage.now())}  ${ready} of ${pods.length} pods ready, ${leaving} leaving, ${asked}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

async function report({ result }: Outcome, name: string, folder: string): Promise<void> {
  if (result !== undefined) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.html`), drawPicture(result));
    await writeFile(join(folder, `${name}.json`), JSON.stringify(result, undefined, 2));
  }
}
