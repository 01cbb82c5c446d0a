import { setTimeout as sleep } from 'node:timers/promises';
import type { PodMoment, PodRecord } from '../load/result.js';
import type { Api } from './api.js';
import { ClusterError, type Kubectl } from './kubectl.js';
import type { EndpointSlice, Pod } from './objects.js';
import { type Clock, type EndpointConditions, ObservedPod } from './observed-pod.js';
import { watch } from './watch.js';

const LOOK_EVERY_MS = 50;
const SAMPLE_EVERY_MS = 500;

/** kubectl is attached by then. */
const ATTACHED_AFTER_MS = 2_000;

/** Before one that broke off is attached again. */
const AGAIN_AFTER_MS = 500;

/** The port of `/metrics`, named in the pod spec. */
const MANAGEMENT_PORT = 9_000;

/** Every pod of a service, and what happens to it, while a scenario runs. */
export class Observer {
  readonly #pods = new Map<string, ObservedPod>();
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #followed = new Set<string>();
  readonly #over = new AbortController();
  #isListed = false;

  constructor(
    private readonly api: Api,
    private readonly kubectl: Kubectl,
    private readonly clock: Clock,
    private readonly onMoment: (pod: ObservedPod, moment: PodMoment) => void,
  ) {}

  /** Resolves once everything that is there has been seen. */
  async start(): Promise<void> {
    const { signal } = this.#over;
    const core = `/api/v1/namespaces/${this.kubectl.namespace}`;
    await watch<Pod>(
      this.api,
      `${core}/pods`,
      'app.kubernetes.io/name=ebb',
      (type, pod) => this.#sawPod(type, pod),
      signal,
    );
    this.#isListed = true;
    await watch<EndpointSlice>(
      this.api,
      `/apis/discovery.k8s.io/v1/namespaces/${this.kubectl.namespace}/endpointslices`,
      'kubernetes.io/service-name=ebb',
      (type, slice) => this.#sawSlice(type, slice),
      signal,
    );
  }

  stop(): void {
    this.#over.abort();
  }

  /** In the order they were first seen. */
  get pods(): ObservedPod[] {
    return [...this.#pods.values()];
  }

  /**
   * Waits for a fact about the pods.
   *
   * @throws {@link ClusterError} when it has not come about in time, with what the pods are at instead
   */
  async until(what: string, isTrue: () => boolean, ceilingMs: number): Promise<void> {
    const deadline = performance.now() + ceilingMs;
    while (!isTrue()) {
      if (performance.now() > deadline) {
        throw new ClusterError(`Waited ${ceilingMs / 1_000} s for ${what}. ${this.state()}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  records(endMs: number): PodRecord[] {
    const [old, young] = [true, false].map((isOld) => this.pods.filter(({ isDeleted }) => isDeleted === isOld));
    return [
      ...(old ?? []).map((pod, index) => pod.record(`old-${index + 1}`, endMs)),
      ...(young ?? []).map((pod, index) => pod.record(`new-${index + 1}`, endMs)),
    ];
  }

  /** What the pods are at, in a sentence. */
  state(): string {
    const states = this.pods
      .filter(({ isGone }) => !isGone)
      .map((pod) => {
        const { waiting, terminated } = pod.container?.state ?? {};
        const state = waiting?.reason ?? terminated?.reason ?? (pod.isReady ? 'ready' : 'not ready');
        return `${pod.name} is ${pod.isDeleted ? 'terminating' : state}`;
      });
    return states.length === 0 ? 'There is no pod.' : `${states.join(', ')}.`;
  }

  #sawPod(type: string, object: Pod): void {
    const { name } = object.metadata;
    let pod = this.#pods.get(name);
    if (pod === undefined) {
      pod = new ObservedPod(object, !this.#isListed, this.clock, this.onMoment);
      this.#pods.set(name, pod);
      void this.#sample(pod);
    } else {
      pod.update(object);
    }
    if (type === 'DELETED') {
      pod.removed();
    }
    this.#follow(pod);
  }

  #sawSlice(type: string, slice: EndpointSlice): void {
    this.#slices.set(slice.metadata.name, type === 'DELETED' ? { ...slice, endpoints: [] } : slice);
    const named = new Map<string, EndpointConditions>();
    for (const { targetRef, conditions = {} } of [...this.#slices.values()].flatMap(
      ({ endpoints }) => endpoints ?? [],
    )) {
      if (targetRef !== undefined) {
        // "Unknown" is to be read as true, and `terminating` as false (API reference, EndpointConditions).
        const { ready = true, serving = true, terminating = false } = conditions;
        named.set(targetRef.name, { ready, serving, terminating });
      }
    }
    for (const [name, pod] of this.#pods) {
      pod.endpoint(named.get(name));
    }
  }

  /** Reads what a container prints, each time it is started. */
  #follow(pod: ObservedPod): void {
    const { restartCount = 0, state = {} } = pod.container ?? {};
    const key = `${pod.name}/${restartCount}`;
    if (state.running !== undefined && !this.#followed.has(key)) {
      this.#followed.add(key);
      void this.#listen(pod, restartCount);
      // What it printed before somebody listened.
      void sleep(ATTACHED_AFTER_MS).then(() => this.#readLog(pod));
    }
  }

  /**
   * Attached to the container, because of a log the last lines may be missing, which are those that tell how it left: the
   * kubelet takes the file away with the pod.
   */
  async #listen(pod: ObservedPod, life: number): Promise<void> {
    const attach = ['attach', pod.name, '--container', 'ebb', '--quiet'];
    const isRunning = () => pod.container?.restartCount === life && pod.container.state?.running !== undefined;
    while (isRunning() && !pod.isGone && !this.#over.signal.aborted) {
      try {
        for await (const line of this.kubectl.lines(attach, this.#over.signal)) {
          pod.logged(line);
        }
      } catch {
        return;
      }
      await this.#readLog(pod);
      await sleep(AGAIN_AFTER_MS);
    }
  }

  async #readLog(pod: ObservedPod): Promise<void> {
    const path = `/api/v1/namespaces/${this.kubectl.namespace}/pods/${pod.name}/log?container=ebb`;
    const log = this.#over.signal.aborted ? '' : await this.api.get(path).catch(() => '');
    for (const line of log.split('\n')) {
      pod.logged(line);
    }
  }

  /** Each pod by itself: one that is just going may not answer for a while, and must not hold up the others. */
  async #sample(pod: ObservedPod): Promise<void> {
    while (!pod.isGone && !this.#over.signal.aborted) {
      if (pod.container?.state?.running !== undefined) {
        await this.#readMetric(pod);
      }
      await sleep(SAMPLE_EVERY_MS);
    }
  }

  async #readMetric(pod: ObservedPod): Promise<void> {
    const path = `/api/v1/namespaces/${this.kubectl.namespace}/pods/${pod.name}:${MANAGEMENT_PORT}/proxy/metrics`;
    const metrics = await this.api.get(path).catch(() => '');
    const total = /^ebb_requests_total (\d+)$/m.exec(metrics)?.[1];
    if (total !== undefined) {
      pod.sampled(Number(total));
    }
  }
}
