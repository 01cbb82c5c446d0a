import type { RolloutResult } from '../rollout/result.js';
import type { Cluster } from './cluster.js';
import { clear } from './namespace.js';
import type { SuiteOptions } from './options.js';
import { Findings, type Scenario, ScenarioFailed, Skipped } from './scenario.js';
import { Stage } from './stage.js';

const PROGRESS_EVERY_MS = 200;

/** How many failures are told one by one. */
const TOLD_FAILURES = 5;

/** How one scenario went. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly verdict: 'passed' | 'failed' | 'skipped';
  /** Why it did not pass. */
  readonly why?: string;
  readonly notes: readonly string[];
  readonly tookMs: number;
  /** Absent when it came to nothing. */
  readonly result?: RolloutResult;
}

/**
 * Plays one scenario with a Deployment of its own, and removes what it made. Never rejects for what the scenario does.
 *
 * @param onProgress  called often
 */
export async function play(
  scenario: Scenario,
  cluster: Cluster,
  options: SuiteOptions,
  onProgress: (stage: Stage) => void,
): Promise<Outcome> {
  const stage = new Stage(cluster, options.requests);
  const findings = new Findings();
  const ticker = setInterval(() => onProgress(stage), PROGRESS_EVERY_MS);
  let error: unknown;
  let result: RolloutResult | undefined;
  try {
    await stage.observer.start();
    await scenario.run(stage, findings, options);
    judge(scenario, stage, findings, options);
  } catch (thrown) {
    error = thrown;
  } finally {
    clearInterval(ticker);
    result = stage.recorder.total > 0 ? await stage.result(scenario.name).catch(() => undefined) : undefined;
    stage.observer.stop();
    await clear(cluster.kubectl);
  }
  return {
    scenario,
    verdict: error === undefined ? 'passed' : error instanceof Skipped ? 'skipped' : 'failed',
    ...(error === undefined ? {} : { why: error instanceof Error ? error.message : String(error) }),
    notes: findings.notes,
    tookMs: stage.now(),
    ...(result === undefined ? {} : { result }),
  };
}

/** @throws {@link ScenarioFailed} when the counts are not what they have to be */
function judge(scenario: Scenario, { recorder }: Stage, findings: Findings, { requests }: SuiteOptions): void {
  if (scenario.isQuiet) {
    return;
  }
  if (scenario.mustLose) {
    findings.fact(recorder.failures.length > 0, 'it loses requests, so the zeros of the other scenarios prove nothing');
    return;
  }
  findings.fact(recorder.total >= requests, `at least ${requests} requests were sent (${recorder.total})`);
  const unexplained = findings.unexplained(recorder.failures);
  if (unexplained.length > 0) {
    const told = unexplained.slice(0, TOLD_FAILURES).map(({ atMs, kind, reason }) => {
      return `${reason} at ${(atMs / 1_000).toFixed(3)} s (${kind})`;
    });
    throw new ScenarioFailed(`${unexplained.length} requests failed: ${told.join(', ')}`);
  }
}
