import type { Failure, RolloutResult } from '../lib/load/result.js';
import type { Cluster } from '../lib/kubernetes/cluster.js';
import { UnusableCluster } from '../lib/kubernetes/kubectl.js';
import { clear } from '../lib/kubernetes/namespace.js';
import type { SuiteOptions } from './options.js';
import { Findings, type Scenario, ScenarioFailed, Skipped } from './scenario.js';
import { Stage } from '../lib/kubernetes/stage.js';

const PROGRESS_EVERY_MS = 200;

/** A pod that was ready for so long has been sent something. */
const SETTLED_MS = 3_000;

/** How many failures are told one by one. */
const TOLD_FAILURES = 5;

/** How one scenario went. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly verdict: 'passed' | 'failed' | 'skipped';
  /** Why it did not pass. */
  readonly why?: string;
  readonly notes: readonly string[];
  /** Requests that failed and should not have. */
  readonly failed: number;
  readonly tookMs: number;
  /** Absent when it came to nothing. */
  readonly result?: RolloutResult;
}

/**
 * Plays one scenario with a Deployment of its own, and removes what it made. How it went is in the outcome.
 *
 * @param onProgress  called often
 * @throws {@link UnusableCluster} when the next one would fail as well
 */
export async function play(
  scenario: Scenario,
  cluster: Cluster,
  options: SuiteOptions,
  onProgress: (stage: Stage) => void,
): Promise<Outcome> {
  const stage = new Stage(cluster, {
    requests: options.requests * (scenario.share ?? 1),
    release: scenario.release ?? {},
  });
  const findings = new Findings();
  const ticker = setInterval(() => onProgress(stage), PROGRESS_EVERY_MS);
  let error: Error | undefined;
  let failed = 0;
  let result: RolloutResult | undefined;
  try {
    await stage.observer.start();
    await scenario.run(stage, findings, options).finally(() => (failed = stage.recorder.failures.length));
    const unexcused = findings.unexcused(stage.recorder.failures);
    failed = unexcused.length;
    judge(scenario, stage, unexcused, findings, options);
  } catch (thrown) {
    if (thrown instanceof UnusableCluster) {
      throw thrown;
    }
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  } finally {
    clearInterval(ticker);
    result = stage.recorder.total > 0 ? await stage.result(scenario.name).catch(() => undefined) : undefined;
    stage.observer.stop();
    // What it leaves, the next one would trip over, and say so.
    await clear(cluster.kubectl, cluster.selector).catch((thrown: unknown) => (error ??= thrown as Error));
  }
  return {
    scenario,
    verdict: error === undefined ? 'passed' : error instanceof Skipped ? 'skipped' : 'failed',
    ...(error === undefined ? {} : { why: error.message }),
    notes: findings.notes,
    failed,
    tookMs: stage.now(),
    ...(result === undefined ? {} : { result }),
  };
}

/** @throws {@link ScenarioFailed} when the counts are not what they have to be */
function judge(
  { isQuiet, mustLose, share = 1, clientsInside }: Scenario,
  { recorder, observer }: Stage,
  failures: readonly Failure[],
  findings: Findings,
  { requests }: SuiteOptions,
): void {
  if (isQuiet) {
    return;
  }
  if (mustLose) {
    const firstAsked = Math.min(...observer.pods.map((pod) => pod.when('deleted') ?? Infinity));
    findings.fact(
      failures.some(({ atMs }) => atMs >= firstAsked),
      'it loses requests once its pods are asked to go, and so the zeros of the other scenarios prove nothing',
    );
    return;
  }
  const fewest = requests * share;
  findings.fact(recorder.total >= fewest, `at least ${fewest} requests were sent (${recorder.total})`);
  for (const pod of observer.pods.filter(({ isGone }) => isGone)) {
    const servedForMs = (pod.when('deleted') ?? 0) - (pod.when('ready') ?? Infinity);
    // Who was asked by nobody loses nothing.
    findings.fact(
      clientsInside || servedForMs < SETTLED_MS || pod.answered > 0,
      `${pod.name} had been asked something before it went`,
    );
    findings.fact(pod.exitedWith !== '0' || pod.has('SIGTERM'), `${pod.name} told how it left`);
  }
  if (failures.length > 0) {
    const told = failures.slice(0, TOLD_FAILURES).map(({ atMs, kind, reason }) => {
      return `${reason} at ${(atMs / 1_000).toFixed(3)} s (${kind})`;
    });
    throw new ScenarioFailed(`${failures.length} requests failed: ${told.join(', ')}`);
  }
}
