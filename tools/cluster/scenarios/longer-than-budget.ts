import { CROWDS } from '../../lib/load/load.js';
import type { Scenario } from '../scenario.js';

const KIND = 'longer than the budget';
const REQUESTS = 3;

/** The longest that the sample allows. */
const SECONDS = 60;

/** R. */
const DRAIN_SECONDS = 4;

/** A, unless it is set. */
const LAME_DUCK_SECONDS = 5;

const LATE_MS = 500;

interface CutRequest {
  readonly method: string;
  readonly route: string;
  readonly ageMs: number;
}

export const longerThanBudget: Scenario = {
  name: 'longer-than-budget',
  what: `${REQUESTS} requests of ${SECONDS} s when the drain may take ${DRAIN_SECONDS} s`,
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1, env: { DRAIN_TIMEOUT_SECONDS: String(DRAIN_SECONDS) } });
    await stage.underLoad(
      async () => {
        for (let count = 0; count < REQUESTS; count += 1) {
          void stage.send(KIND, SECONDS);
        }
        await stage.replaceAll();
      },
      { crowds: CROWDS },
    );
    findings.excuse({
      count: REQUESTS,
      why: 'they were longer than the budget, and cut at A+R',
      isMeant: ({ kind }) => kind === KIND,
    });
    const forced = stage.observer.pods.filter((pod) => pod.event('shutdown.forced') !== undefined);
    const cut = forced.flatMap((pod) => pod.event('shutdown.forced')?.['requests'] as CutRequest[]);
    findings.fact(cut.length === REQUESTS, `the pods name ${REQUESTS} requests that they cut (${JSON.stringify(cut)})`);
    const cutAfterMs = forced.map((pod) => Number(pod.event('shutdown.forced')?.['elapsedMs']));
    const budgetMs = (LAME_DUCK_SECONDS + DRAIN_SECONDS) * 1_000;
    findings.fact(
      cutAfterMs.every((ms) => ms >= budgetMs && ms < budgetMs + LATE_MS),
      `they are cut at A+R, ${budgetMs} ms after SIGTERM (${cutAfterMs.join(', ')})`,
    );
    findings.fact(
      cut.every(({ method, route, ageMs }) => method === 'GET' && route === '/' && ageMs > DRAIN_SECONDS * 1_000),
      `with method, route and age (${JSON.stringify(cut)})`,
    );
    const exits = forced.map((pod) => pod.exitedWith);
    findings.fact(
      exits.every((exit) => exit === '1'),
      `their pods' status says exit code 1 (${exits.join(', ')})`,
    );
    findings.note(
      `Named in the logs: ${cut.map(({ method, route, ageMs }) => `${method} ${route} after ${ageMs} ms`).join(', ')}.`,
    );
  },
};
