/**
 * A rolling deploy of real processes, the way a Deployment with maxSurge 1 and maxUnavailable 0 does it: a new pod is
 * started and becomes ready, then an old one is deleted, and nobody waits for it to be gone before the next one starts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress, Watcher } from '../../lib/load/watcher.js';
import { Connections } from '../../lib/connections/connections.js';
import { Endpoints } from './endpoints.js';
import { Load } from '../../lib/load/load.js';
import { checkPaths } from '../../lib/load/preflight.js';
import type { ProcessOptions } from '../options.js';
import { Pod } from './pod.js';
import { inOrder, phasesOf, sigtermToExitMs } from '../../lib/load/phases.js';
import { Ports } from '../../lib/processes/ports.js';
import { Recorder } from '../../lib/load/recorder.js';
import type { PodRecord, RolloutResult } from '../../lib/load/result.js';

/** Load on the old generation alone before the first new pod, and on the new one alone after the last old pod. */
const STEADY_MS = 1_000;

/** How long a new pod serves before the next step, as `minReadySeconds` would have it. */
const MIN_READY_MS = 500;

const LONG = 'long, in flight at SIGTERM';

/** What a request needs to be in flight, and no longer on its way, when a pod is deleted. */
const LONG_REQUEST_LEAD_MS = 100;

const PROGRESS_EVERY_MS = 200;

export class Rollout {
  readonly #startedAt = new Date();
  readonly #origin = performance.now();
  readonly #ports = new Ports();
  readonly #endpoints = new Endpoints();
  readonly #pods: Pod[] = [];
  readonly #recorder = new Recorder(() => this.#now());
  readonly #load: Load;
  #connections: Connections | undefined;
  #replaced = 0;
  #isOver = false;

  constructor(
    private readonly options: ProcessOptions,
    private readonly watcher: Watcher,
  ) {
    this.#load = new Load(options, () => this.#endpoints.pick(), this.#recorder);
    this.#recorder.expect(LONG);
  }

  /**
   * Runs it.
   *
   * @throws Error when a pod does not start or is not asked for what it has; nothing is left running then either.
   */
  async run(): Promise<RolloutResult> {
    const ticker = setInterval(() => this.watcher.progress(this.#progress()), PROGRESS_EVERY_MS);
    try {
      const old = await Promise.all(this.#slots().map((index) => this.#startPod('old', index)));
      await checkPaths(this.options, old[0]);
      const route = () => this.#endpoints.pick();
      this.#connections = await Connections.prepare(this.options, old[0], route, () => this.#now());
      this.#load.start();
      this.#connections.start();
      await sleep(STEADY_MS);
      const deletions: Promise<void>[] = [];
      for (const [index, pod] of old.entries()) {
        await this.#startPod('new', index);
        await sleep(MIN_READY_MS);
        deletions.push(this.#deletePod(pod));
      }
      await Promise.all(deletions);
      await sleep(STEADY_MS);
      await this.#load.stop();
      await this.#connections.stop();
      this.#isOver = true;
      return this.#result();
    } finally {
      this.#connections?.close();
      clearInterval(ticker);
      this.stop();
      await Promise.all(this.#pods.map(({ gone }) => gone));
    }
  }

  /** Ends every process at once. */
  stop(): void {
    for (const pod of this.#pods) {
      if (pod.exit === undefined) {
        pod.kill('SIGKILL');
      }
    }
  }

  async #startPod(generation: 'old' | 'new', index: number): Promise<Pod> {
    const slot = { name: `${generation}-${index + 1}`, generation } as const;
    const [port, managementPort] = [await this.#ports.take(), await this.#ports.take()];
    const pod = new Pod(
      { ...slot, port, managementPort },
      {
        options: this.options,
        now: () => this.#now(),
        at: (isoTime) => Date.parse(isoTime) - this.#startedAt.getTime(),
        onMoment: (from, moment) => {
          if (!this.#isOver) {
            this.watcher.moment(from.name, moment);
          }
        },
      },
    );
    this.#pods.push(pod);
    await pod.ready();
    this.#endpoints.add(pod);
    return pod;
  }

  async #deletePod(pod: Pod): Promise<void> {
    void this.#load.send(LONG, this.options.longRequestMs / 1_000, pod);
    await sleep(LONG_REQUEST_LEAD_MS);
    await Promise.all([pod.delete(), this.#forget(pod)]);
    this.#replaced += 1;
  }

  async #forget(pod: Pod): Promise<void> {
    await sleep(this.options.propagationMs);
    this.#endpoints.forget(pod);
    pod.forgotten();
  }

  #slots(): number[] {
    return Array.from({ length: this.options.replicas }, (_, index) => index);
  }

  #now(): number {
    return performance.now() - this.#origin;
  }

  #progress(): Progress {
    return {
      atMs: this.#now(),
      replaced: this.#replaced,
      replicas: this.options.replicas,
      requests: this.#recorder.total,
      failed: this.#recorder.failures.length,
    };
  }

  #result(): RolloutResult {
    const { service = 'ebb', replicas, preStopMs, propagationMs, graceMs } = this.options;
    const durationMs = this.#now();
    const { records: connections = [] } = this.#connections ?? {};
    return {
      service,
      target: 'processes',
      startedAt: this.#startedAt.toISOString(),
      durationMs,
      settings: { replicas, preStopMs, propagationMs, graceMs },
      pods: this.#pods.map((pod) => this.#record(pod, durationMs)),
      kinds: this.#recorder.kinds,
      answeredPerSecond: this.#recorder.allAnsweredPerSecond,
      failures: this.#recorder.failures,
      ...(connections.length === 0 ? {} : { connections }),
    };
  }

  #record(pod: Pod, durationMs: number): PodRecord {
    const servedPerSecond = this.#recorder.answeredPerSecond(pod.name);
    const { exit, lameDuckOver, moments } = pod;
    const leftInMs = sigtermToExitMs(moments);
    return {
      name: pod.name,
      generation: pod.generation,
      phases: phasesOf(moments, durationMs),
      moments: inOrder(moments),
      served: servedPerSecond.reduce((sum, count) => sum + count, 0),
      servedPerSecond,
      ...(leftInMs === undefined ? {} : { sigtermToExitMs: leftInMs }),
      ...(exit === undefined ? {} : { exit }),
      ...(lameDuckOver === undefined ? {} : { lameDuckOver }),
    };
  }
}
