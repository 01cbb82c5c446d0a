import { CROWDS } from '../../lib/load/load.js';
import type { Scenario } from '../scenario.js';

const KIND = 'GET / of 9 s';

/** Enough that each of three pods has some whose answer is due after the lame duck. */
const CLIENTS = 60;

const NINE_SECONDS = 9;

export const nineSeconds: Scenario = {
  name: 'nine-seconds',
  what: 'GET / of 9 s in flight on every pod when it is told to go',
  async run(stage, findings) {
    await stage.deploy({ replicas: 3, minReadySeconds: 1 });
    const crowds = [...CROWDS, { kind: KIND, clients: CLIENTS, path: '/', workSeconds: NINE_SECONDS }];
    const old = stage.pods;
    await stage.underLoad(() => stage.replaceAll(), { crowds });
    const inFlight = old.map((pod) => Number(pod.event('lame-duck.over')?.['inFlight'] ?? 0));
    findings.fact(
      inFlight.length === 3 && inFlight.every((count) => count > 0),
      `every old pod still has such requests when its lame duck is over (${inFlight.join(', ')})`,
    );
    const slowestMs = stage.recorder.kinds.find(({ kind }) => kind === KIND)?.slowestMs ?? 0;
    findings.fact(slowestMs >= NINE_SECONDS * 1_000, 'those requests take 9 s');
    findings.note(`In flight when the lame ducks were over, all other work being done: ${inFlight.join(', ')}.`);
  },
};
