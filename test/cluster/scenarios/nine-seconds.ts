import { CROWDS } from '../../rollout/load.js';
import type { Scenario } from '../scenario.js';

const KIND = 'GET / of 9 s';

/** Enough that each of three pods has some. */
const CLIENTS = 30;

const NINE_SECONDS_MS = 9_000;

export const nineSeconds: Scenario = {
  name: 'nine-seconds',
  what: 'GET / of 9 s in flight on every pod when it is told to go',
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    const crowds = [...CROWDS, { kind: KIND, clients: CLIENTS, path: '/' }];
    await stage.underLoad(
      async () => {
        await stage.restart();
        await stage.rolledOut();
      },
      { crowds },
    );
    const old = stage.observer.pods.filter(({ isDeleted }) => isDeleted);
    const inFlight = old.map((pod) => Number(pod.event('listener.closed')?.['inFlight'] ?? 0));
    findings.fact(
      inFlight.length === 3 && inFlight.every((count) => count > 0),
      `every old pod has requests in flight when its listener closes (${inFlight.join(', ')})`,
    );
    const slowestMs = stage.recorder.kinds.find(({ kind }) => kind === KIND)?.slowestMs ?? 0;
    findings.fact(slowestMs >= NINE_SECONDS_MS, 'those requests take 9 s');
    findings.note(`In flight when the listeners closed: ${inFlight.join(', ')}.`);
  },
};
