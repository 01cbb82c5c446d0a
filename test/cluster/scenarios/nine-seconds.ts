import { CROWDS } from '../../rollout/load.js';
import type { Scenario } from '../scenario.js';

const KIND = 'GET / of 9 s';

/** Enough that each of three pods has some. */
const CLIENTS = 30;

const NINE_SECONDS = 9;

/** All other requests are answered by then: what takes longer was one of nine seconds. */
const LONGEST_OTHER_MS = 2_600;

export const nineSeconds: Scenario = {
  name: 'nine-seconds',
  what: 'GET / of 9 s in flight on every pod when it is told to go',
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    const crowds = [...CROWDS, { kind: KIND, clients: CLIENTS, path: '/', workSeconds: NINE_SECONDS }];
    await stage.underLoad(
      async () => {
        await stage.restart();
        await stage.rolledOut();
      },
      { crowds },
    );
    const old = stage.observer.pods.filter(({ isDeleted }) => isDeleted);
    const drainedMs = old.map((pod) => Number(pod.event('requests.drained')?.['elapsedMs'] ?? 0));
    findings.fact(
      drainedMs.length === 3 && drainedMs.every((ms) => ms > LONGEST_OTHER_MS),
      `every old pod had such a request in flight at SIGTERM (they had answered all after ${drainedMs.join(', ')} ms)`,
    );
    const slowestMs = stage.recorder.kinds.find(({ kind }) => kind === KIND)?.slowestMs ?? 0;
    findings.fact(slowestMs >= NINE_SECONDS * 1_000, 'those requests take 9 s');
    findings.note(
      `The old pods had answered all ${drainedMs.map((ms) => (ms / 1_000).toFixed(1)).join(', ')} s after SIGTERM.`,
    );
  },
};
