import { type LogEvent, SHUTDOWN_MOMENTS, readEvent, reasonOf } from '../load/log-event.js';
import { inOrder, phasesOf, sigtermToExitMs } from '../load/phases.js';
import type { EndpointSpan, PodMoment, PodRecord } from '../load/result.js';
import type { ContainerStatus, Pod } from './objects.js';
import { type Sample, perSecond, servedBetween } from './samples.js';

/** The container of the service. */
const CONTAINER = 'ebb';

/** What the shell calls 128+n, for the two that Kubernetes sends. */
const SIGNAL_OF_EXIT_CODE: Readonly<Record<number, string>> = { 137: 'SIGKILL', 143: 'SIGTERM' };

export type EndpointConditions = Pick<EndpointSpan, 'ready' | 'serving' | 'terminating'>;

/** Time as a run counts it. */
export interface Clock {
  /** Milliseconds since the run began. */
  now(): number;
  /** The same of a moment that a log dates by the clock on the wall. */
  at(isoTime: string): number;
}

/** What is known of one pod, from what the API server and the pod's own log say. */
export class ObservedPod {
  readonly moments: PodMoment[] = [];
  readonly events: LogEvent[] = [];
  readonly #endpoint: { -readonly [Key in keyof EndpointSpan]: EndpointSpan[Key] }[] = [];
  readonly #samples: Sample[] = [];
  /** The lives of its container that have ended, by the count of restarts before them. */
  readonly #ended = new Set<number>();
  #object: Pod;
  #isReady = false;

  constructor(
    object: Pod,
    wasThere: boolean,
    private readonly clock: Clock,
    private readonly onMoment: (pod: ObservedPod, moment: PodMoment) => void,
  ) {
    this.#object = object;
    if (!wasThere) {
      this.#note('created');
      this.#samples.push({ atMs: clock.now(), total: 0 });
    }
    this.update(object);
  }

  get name(): string {
    return this.#object.metadata.name;
  }

  get node(): string | undefined {
    return this.#object.spec.nodeName;
  }

  get container(): ContainerStatus | undefined {
    return this.sidecar(CONTAINER);
  }

  /** All of its containers, sidecars of both kinds included. */
  get containers(): readonly ContainerStatus[] {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#object.status ?? {};
    return [...containerStatuses, ...initContainerStatuses];
  }

  sidecar(name: string): ContainerStatus | undefined {
    return this.containers.find((status) => status.name === name);
  }

  /** Ready, and not asked to go. */
  get isReady(): boolean {
    return this.#isReady && !this.isDeleted;
  }

  get isDeleted(): boolean {
    return this.has('deleted');
  }

  /** Whether the object is there no more. */
  get isGone(): boolean {
    return this.has('gone');
  }

  /** How its container ended last: `0`, `1`, `SIGKILL`; undefined while it runs for the first time. */
  get exitedWith(): string | undefined {
    return this.moments.findLast(({ name }) => name === 'exit')?.detail;
  }

  has(moment: string): boolean {
    return this.when(moment) !== undefined;
  }

  /** When a moment came, the first time. */
  when(moment: string): number | undefined {
    return this.moments.find(({ name }) => name === moment)?.atMs;
  }

  /** Takes in what the API server says of it now. */
  update(object: Pod): void {
    const before = this.container;
    this.#object = object;
    const isReady =
      object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (object.metadata.deletionTimestamp !== undefined && !this.isDeleted) {
      this.#note('deleted');
    }
    this.#noteExits();
    if ((this.container?.restartCount ?? 0) > (before?.restartCount ?? 0)) {
      this.#note('restarted');
    }
    if (isReady !== this.#isReady) {
      this.#isReady = isReady;
      this.#note(isReady ? 'ready' : 'not ready');
    }
  }

  removed(): void {
    this.#note('gone');
    this.endpoint(undefined);
  }

  /** Takes in what the EndpointSlices say of it now; undefined when they do not name it. */
  endpoint(conditions: EndpointConditions | undefined): void {
    const last = this.#endpoint.at(-1);
    const now = this.clock.now();
    const isOpen = last?.toMs === Infinity;
    if (isOpen && conditions !== undefined && isSame(last, conditions)) {
      return;
    }
    if (isOpen) {
      last.toMs = now;
    }
    if (conditions !== undefined) {
      this.#endpoint.push({ fromMs: now, toMs: Infinity, ...conditions });
    }
  }

  /** Whether the EndpointSlices said that it leaves and, by its readiness, does not serve any more. */
  get hasTurnedRed(): boolean {
    return this.#endpoint.some(({ terminating, serving }) => terminating && !serving);
  }

  /** When the EndpointSlices stopped sending it new connections, as they had before `atMs`; undefined if they never did. */
  endpointReadyUntil(atMs: number): number | undefined {
    return this.#endpoint.findLast(({ ready, fromMs }) => ready && fromMs < atMs)?.toMs;
  }

  /** Takes in a line of its log; one that was told twice counts once. */
  logged(line: string): void {
    const event = readEvent(line);
    if (
      event !== undefined &&
      !this.events.some(({ time, event: name }) => time === event.time && name === event.event)
    ) {
      this.events.push(event);
      if (SHUTDOWN_MOMENTS.has(event.event)) {
        const atMs = this.clock.at(event.time);
        if (event.event === 'shutdown.initiated') {
          // It logs that in the turn in which the signal arrives.
          this.#note('SIGTERM', undefined, atMs);
        }
        this.#note(event.event, reasonOf(event), atMs);
      }
    }
  }

  /** How many requests it has answered, by its own count; 0 as long as it has not said. */
  get answered(): number {
    return servedBetween(this.#samples);
  }

  /** Takes in how many requests it says that it has answered. */
  sampled(total: number): void {
    this.#samples.push({ atMs: this.clock.now(), total });
  }

  /** The last event of its log by that name. */
  event(name: string): LogEvent | undefined {
    return this.events.findLast(({ event }) => event === name);
  }

  /** @param name  unique in the run */
  record(name: string, endMs: number): PodRecord {
    const moments = inOrder(this.moments);
    const exit = this.exitedWith;
    const lameDuckOver = moments.find((moment) => moment.name === 'lame-duck.over')?.detail;
    const leftInMs = sigtermToExitMs(moments);
    const [deleted, gone] = ['deleted', 'gone'].map((which) => this.when(which));
    // One sample alone says nothing: the service has no such metric.
    const speaks = this.#samples.length > 1;
    return {
      name,
      podName: this.name,
      ...(this.node === undefined ? {} : { node: this.node }),
      generation: this.isDeleted ? 'old' : 'new',
      phases: phasesOf(moments, endMs),
      moments,
      endpoint: this.#endpoint.map((span) => ({ ...span, toMs: Math.min(span.toMs, endMs) })),
      ...(speaks ? { served: this.answered } : {}),
      servedPerSecond: speaks ? perSecond(this.#samples) : [],
      ...(leftInMs === undefined ? {} : { sigtermToExitMs: leftInMs }),
      ...(deleted === undefined || gone === undefined ? {} : { deletedToGoneMs: gone - deleted }),
      ...(exit === undefined ? {} : { exit }),
      ...(lameDuckOver === undefined ? {} : { lameDuckOver }),
    };
  }

  /**
   * Each life of the container ends once, and the end of the one before is told as well. A pod that is deleted before its
   * container has started is given an exit code too (137), although nothing was killed.
   */
  #noteExits(): void {
    const { restartCount = 0, lastState, state } = this.container ?? {};
    for (const [life, ended] of [
      [restartCount - 1, lastState?.terminated],
      [restartCount, state?.terminated],
    ] as const) {
      if (typeof ended?.startedAt === 'string' && !this.#ended.has(life)) {
        this.#ended.add(life);
        this.#exited(ended.exitCode);
      }
    }
  }

  /**
   * The kubelet dates an exit by whole seconds, and tells of it up to a second later. The last line of the service's log is a
   * few milliseconds before it.
   */
  #exited(exitCode: number): void {
    const lastWord = this.moments.findLast(({ name }) => name === 'shutdown.complete' || name === 'shutdown.forced');
    this.#note('exit', SIGNAL_OF_EXIT_CODE[exitCode] ?? String(exitCode), lastWord?.atMs);
  }

  #note(name: string, detail?: string, atMs = this.clock.now()): void {
    const moment = { atMs, name, ...(detail === undefined ? {} : { detail }) };
    this.moments.push(moment);
    this.onMoment(this, moment);
  }
}

function isSame(a: EndpointConditions, b: EndpointConditions): boolean {
  return a.ready === b.ready && a.serving === b.serving && a.terminating === b.terminating;
}
