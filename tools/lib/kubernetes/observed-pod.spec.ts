import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ContainerState, Pod } from './objects.js';
import { ObservedPod } from './observed-pod.js';

const START = Date.parse('2026-02-11T09:00:00.000Z');
let nowMs = 0;
const clock = { now: () => nowMs, at: (isoTime: string) => Date.parse(isoTime) - START };

interface State {
  readonly ready?: boolean;
  readonly deleted?: boolean;
  readonly restarts?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

function object({ ready = true, deleted = false, restarts = 0, state = RUNNING, lastState = {} }: State = {}): Pod {
  return {
    metadata: { name: 'ebb-x', ...(deleted ? { deletionTimestamp: '2026-02-11T09:01:00Z' } : {}) },
    spec: { nodeName: 'node-1' },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'ebb', restartCount: restarts, state, lastState }],
    },
  };
}

const RUNNING: ContainerState = { running: { startedAt: '2026-02-11T09:00:00Z' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode, startedAt: '2026-02-11T09:00:00Z' } });

const logLine = (event: string, second: number, fields: object = {}) =>
  JSON.stringify({ event, time: new Date(START + second * 1_000).toISOString(), ...fields });

const names = (pod: ObservedPod) => pod.moments.map(({ name }) => name);

let pod: ObservedPod;

beforeEach(() => {
  nowMs = 0;
  pod = new ObservedPod(object({ ready: false, state: {} }), false, clock, () => undefined);
});

/** Looks again, `second` seconds into the run. */
function at(second: number, state: State): void {
  nowMs = second * 1_000;
  pod.update(object(state));
}

it('tells the life of a pod that leaves', () => {
  at(2, {});
  at(10, { deleted: true });
  for (const [event, second] of [
    ['shutdown.initiated', 20],
    ['lame-duck.over', 22],
    ['listener.closed', 22],
    ['requests.drained', 25],
    ['shutdown.complete', 25.1],
  ] as const) {
    pod.logged(logLine(event, second, event === 'lame-duck.over' ? { reason: 'time is up' } : {}));
  }
  at(26, { deleted: true, ready: false, state: ended(0) });
  nowMs = 26_500;
  pod.removed();

  const record = pod.record('old-1', 30_000);
  expect(record).toMatchObject({
    podName: 'ebb-x',
    node: 'node-1',
    generation: 'old',
    exit: '0',
    lameDuckOver: 'time is up',
    // By the service's own log: the kubelet tells of an exit up to a second later.
    sigtermToExitMs: 5_100,
    deletedToGoneMs: 16_500,
  });
  expect(record.phases.map(({ phase, fromMs, toMs }) => [phase, fromMs, toMs])).toEqual([
    ['starting', 0, 2_000],
    ['ready', 2_000, 10_000],
    ['pre-stop', 10_000, 20_000],
    ['lame-duck', 20_000, 22_000],
    ['draining', 22_000, 25_000],
    ['closing', 25_000, 25_100],
  ]);
});

it('gives the signal that killed a container its name', () => {
  at(2, { deleted: true });
  at(12, { deleted: true, ready: false, state: ended(137) });
  expect(pod.exitedWith).toBe('SIGKILL');
});

it('was not killed when it was deleted before it had started', () => {
  at(1, { deleted: true, ready: false, state: { terminated: { exitCode: 137, startedAt: null } } });
  expect(pod.exitedWith).toBeUndefined();
});

it('sees each end of a container that is restarted, and that it goes on', () => {
  at(2, {});
  at(9, { ready: false, restarts: 1, lastState: ended(0) });
  at(11, { restarts: 1, lastState: ended(0) });
  at(20, { deleted: true, ready: false, restarts: 1, lastState: ended(0), state: ended(1) });
  expect(names(pod).filter((name) => ['exit', 'restarted'].includes(name))).toEqual(['exit', 'restarted', 'exit']);
  expect(pod.exitedWith).toBe('1');

  const again = new ObservedPod(object(), true, clock, () => undefined);
  nowMs = 30_000;
  again.update(object({ ready: false, restarts: 1, lastState: ended(0) }));
  expect(again.record('new-1', 60_000).phases.at(-1)).toEqual({ phase: 'starting', fromMs: 30_000, toMs: 60_000 });
});

describe('what the EndpointSlices say', () => {
  const serving = { ready: true, serving: true, terminating: false };

  it('is kept as spans, one for each change', () => {
    nowMs = 1_000;
    pod.endpoint(serving);
    nowMs = 2_000;
    pod.endpoint(serving);
    nowMs = 5_000;
    pod.endpoint({ ready: false, serving: true, terminating: true });
    nowMs = 7_000;
    pod.endpoint(undefined);
    expect(pod.record('old-1', 9_000).endpoint).toEqual([
      { fromMs: 1_000, toMs: 5_000, ...serving },
      { fromMs: 5_000, toMs: 7_000, ready: false, serving: true, terminating: true },
    ]);
  });

  it('tells when they stopped sending it new connections', () => {
    expect(pod.endpointReadyUntil(9_000)).toBeUndefined();
    nowMs = 1_000;
    pod.endpoint(serving);
    nowMs = 5_000;
    pod.endpoint({ ready: false, serving: false, terminating: false });
    nowMs = 8_000;
    pod.endpoint(serving);
    expect(pod.endpointReadyUntil(6_000)).toBe(5_000);
  });

  it('lasts to the end of the run where nothing changes it', () => {
    nowMs = 1_000;
    pod.endpoint(serving);
    expect(pod.record('new-1', 9_000).endpoint).toEqual([{ fromMs: 1_000, toMs: 9_000, ...serving }]);
  });
});

describe('its log', () => {
  it('may hold anything', () => {
    for (const line of ['', 'null', '3', '"text"', '{', '{"event":1}', '{"event":"shutdown.complete"}']) {
      pod.logged(line);
    }
    expect(pod.events).toEqual([]);
  });

  it('may be told twice', () => {
    pod.logged(logLine('startup.complete', 1));
    pod.logged(logLine('startup.complete', 1));
    expect(pod.events).toHaveLength(1);
  });

  it('may name events that are no moments of a shutdown', () => {
    pod.logged(logLine('order.placed', 3));
    expect(pod.event('order.placed')?.event).toBe('order.placed');
    expect(names(pod)).toEqual(['created']);
  });
});

it('does not say how many requests it answered where its metrics do not', () => {
  expect(pod.record('new-1', 5_000).served).toBeUndefined();
  nowMs = 2_000;
  pod.sampled(40);
  expect(pod.record('new-1', 5_000)).toMatchObject({ served: 40, servedPerSecond: [20, 20] });
});
