import { setTimeout as sleep } from 'node:timers/promises';
import { Connections } from '../connections/connections.js';
import { renamed } from '../connections/pod-names.js';
import type { ConnectionsRecord } from '../connections/record.js';
import type { Target } from '../load/client.js';
import { type Crowd, Load, type LoadSettings } from '../load/load.js';
import { NAME_PATHS, tryPath } from '../load/preflight.js';
import { Recorder } from '../load/recorder.js';
import type { PodMoment, RolloutResult } from '../load/result.js';
import type { Cluster } from './cluster.js';
import { CLUSTER_CROWDS } from './crowds.js';
import { ClusterError, type Kubectl, UnusableCluster } from './kubectl.js';
import type { Deployment } from './objects.js';
import type { ObservedPod } from './observed-pod.js';
import { Observer } from './observer.js';
import { type Release, type ServiceSettings, apply } from './release.js';

const ROLLOUT_CEILING_MS = 180_000;
const ANSWER_CEILING_MS = 20_000;
const FACT_CEILING_MS = 60_000;
const LOAD_CEILING_MS = 300_000;
const LOOK_EVERY_MS = 100;
const ASK_EVERY_MS = 10;
const ASK_AGAIN_MS = 500;

/** The load before the first pod is asked to go, so that clients are connected to all of them. */
const STEADY_REQUESTS = 1_000;

/** Why a container has no image, and will have none. */
const NO_IMAGE = new Set(['ErrImageNeverPull', 'ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

/** What the peers have, and the sample. */
export const LOAD: LoadSettings = { load: 1, fastPath: '/a', workPath: '/?delay={seconds}' };

/** The same, and clients that stay connected to what the peers have. */
export const LASTING_LOAD: LoadSettings = { ...LOAD, sockets: '/echo', streams: '/ticks' };

/** Where the paths are not the command line's to name. */
const NAME_IMAGE =
  'Clients ask for what tools/lib/peers/counter.controller.ts answers: name an image that has the same with --image, such as the test image.';

export interface StageOptions {
  /** The fewest requests that clients send while they are there. */
  readonly requests?: number;
  /** From the command line; absent: {@link LOAD}. */
  readonly load?: LoadSettings;
  /** What every release has that does not say otherwise. */
  readonly release?: Partial<Release>;
  readonly onMoment?: (pod: ObservedPod, moment: PodMoment) => void;
}

export interface UnderLoad {
  readonly crowds?: readonly Crowd[];
  readonly settings?: LoadSettings;
}

/** What a scenario plays on: the deployed service, everything that happens to its pods, and the clients. */
export class Stage {
  readonly observer: Observer;
  readonly recorder: Recorder;
  readonly #startedAt = new Date();
  readonly #origin = performance.now();
  /** What clients went through that stay connected. */
  readonly connections: ConnectionsRecord[] = [];
  #load: Load | undefined;
  #asked = 0;
  #release: Release | undefined;

  constructor(
    readonly cluster: Cluster,
    private readonly options: StageOptions = {},
  ) {
    const { onMoment = () => undefined } = options;
    const clock = {
      now: () => this.now(),
      at: (isoTime: string) => Date.parse(isoTime) - this.#startedAt.getTime(),
    };
    this.recorder = new Recorder(clock.now);
    this.observer = new Observer(cluster.api, cluster.kubectl, clock, onMoment);
  }

  get kubectl(): Kubectl {
    return this.cluster.kubectl;
  }

  /** When it began, in ms since 1970. */
  get startedAt(): number {
    return this.#startedAt.getTime();
  }

  /** Milliseconds since it began. */
  now(): number {
    return performance.now() - this.#origin;
  }

  /** The pods that are neither asked to go nor gone. */
  get pods(): ObservedPod[] {
    return this.observer.pods.filter(({ isDeleted, isGone }) => !isDeleted && !isGone);
  }

  /**
   * Applies a release and waits until it has rolled out and every pod is reached: kube-proxy hears of the last one later than
   * the Deployment does, and clients that connect before that stay where they are.
   *
   * @throws {@link ClusterError}
   */
  async deploy(release: Partial<Release>, service: ServiceSettings = this.cluster.options): Promise<void> {
    await this.apply(release, service);
    await this.rolledOut();
    if (service.nodePort !== undefined) {
      const hasMetrics = release.onlyProbe === undefined;
      // From outside, one address alone leads to one node's pods.
      const isPartial = service.trafficPolicy === 'Local' && this.cluster.options.baseUrl !== undefined;
      await this.answers(() => !hasMetrics || isPartial || this.pods.every(({ answered }) => answered > 0));
    }
  }

  /** Applies a release upon the one that is there. */
  async apply(release: Partial<Release>, service: ServiceSettings = this.cluster.options): Promise<void> {
    const { release: common } = this.options;
    // An environment is added to and not replaced.
    const env = { ...common?.env, ...release.env };
    this.#release = { image: this.cluster.options.image, ...common, ...release, env };
    await apply(this.cluster, this.#release, service);
  }

  /** Lets clients ask without pause while something is done, until no pod is leaving any more. */
  async underLoad(
    action: () => Promise<void>,
    { crowds = CLUSTER_CROWDS, settings = this.options.load ?? LOAD }: UnderLoad = {},
  ): Promise<void> {
    const load = new Load(settings, () => this.#nextTarget(), this.recorder, crowds);
    this.#load = load;
    const connections = await Connections.prepare(
      settings,
      this.#nextTarget(),
      () => this.#nextTarget(),
      () => this.now(),
    );
    const reach = (count: number) =>
      this.observer.until(`${count} requests`, () => this.recorder.total >= count, LOAD_CEILING_MS);
    load.start();
    connections.start();
    try {
      await reach(this.recorder.total + STEADY_REQUESTS * settings.load);
      await action();
      await this.everyLeaverGone();
      await reach(this.options.requests ?? 0);
    } finally {
      await load.stop();
      await connections.stop();
      this.connections.push(...connections.records);
    }
  }

  /** Sends one request, on a connection of its own, beside the load. */
  send(kind: string, workSeconds: number): Promise<boolean> {
    if (this.#load === undefined) {
      throw new Error('There is no load to add a request to.');
    }
    return this.#load.send(kind, workSeconds);
  }

  /** Runs a script with Node in the service's container of a pod. */
  async evaluate(pod: string, script: string): Promise<void> {
    await this.kubectl.run(['exec', pod, '--container', 'ebb', '--', '/nodejs/bin/node', '--eval', script]);
  }

  /** Restarts the Deployment, and waits until it has rolled out and every pod that was there is gone. */
  async replaceAll(): Promise<void> {
    const old = this.pods;
    await this.restart();
    await this.rolledOut();
    await this.observer.until('every old pod to be gone', () => old.every(({ isGone }) => isGone), ROLLOUT_CEILING_MS);
  }

  async restart(): Promise<void> {
    await this.kubectl.run(['rollout', 'restart', 'deployment/ebb']);
  }

  /** Waits until the Deployment has nothing but available pods of its latest revision. @throws {@link ClusterError} */
  async rolledOut(ceilingMs = ROLLOUT_CEILING_MS): Promise<void> {
    const deadline = performance.now() + ceilingMs;
    while (!isRolledOut(await this.deployment())) {
      this.#checkHope();
      if (performance.now() > deadline) {
        throw new ClusterError(`The rollout was not over after ${ceilingMs / 1_000} s. ${this.observer.state()}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Asks until something is true. @throws {@link ClusterError} */
  async eventually(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + FACT_CEILING_MS;
    while (!(await isTrue())) {
      if (performance.now() > deadline) {
        throw new ClusterError(`Waited ${FACT_CEILING_MS / 1_000} s for ${what}. ${this.observer.state()}`);
      }
      await sleep(ASK_AGAIN_MS);
    }
  }

  deployment(): Promise<Deployment> {
    return this.cluster.api.json<Deployment>(
      `/apis/apps/v1/namespaces/${this.cluster.options.namespace}/deployments/ebb`,
    );
  }

  /** Waits until every pod that was asked to go is gone. */
  everyLeaverGone(): Promise<void> {
    return this.observer.until(
      'every pod that was asked to go to be gone',
      () => this.observer.pods.every(({ isDeleted, isGone }) => isGone || !isDeleted),
      ROLLOUT_CEILING_MS,
    );
  }

  /** Waits until so many pods are ready, and no others are there. */
  readyPods(count: number, ceilingMs = ROLLOUT_CEILING_MS): Promise<void> {
    return this.observer.until(
      `exactly ${count} ready pods`,
      () => this.pods.length === count && this.pods.every(({ isReady }) => isReady),
      ceilingMs,
    );
  }

  /**
   * Asks, on a new connection each time, until it is answered and something more is true.
   *
   * @throws {@link UnusableCluster} when nobody answers, {@link ClusterError} when that does not come true
   */
  async answers(isEnough: () => boolean = () => true): Promise<void> {
    const { fastPath } = this.options.load ?? LOAD;
    const deadline = performance.now() + ANSWER_CEILING_MS;
    for (let reason: string | undefined = ''; reason !== undefined || !isEnough(); await sleep(ASK_EVERY_MS)) {
      reason = await tryPath(fastPath, this.#nextTarget(), ANSWER_CEILING_MS);
      if (performance.now() > deadline) {
        throw reason === undefined
          ? new ClusterError('Some pods get no request, although they are ready.')
          : this.#nobody(fastPath, reason);
      }
    }
  }

  #nobody(path: string, reason: string): UnusableCluster {
    const at = this.cluster.targets.map(({ host, port }) => `http://${host}:${port}`).join(', ');
    return new UnusableCluster(
      /^\d+$/.test(reason)
        ? `GET ${path} is answered ${reason} at ${at}, although the pods are ready. ` +
            (this.options.load === undefined ? NAME_IMAGE : NAME_PATHS)
        : `Nobody answers at ${at} (${reason}), although the pods are ready. ` +
            `Say with --base-url where clients reach port ${this.cluster.options.nodePort} of a node.`,
    );
  }

  #nextTarget(): Target | undefined {
    const { targets } = this.cluster;
    this.#asked += 1;
    return targets[this.#asked % targets.length];
  }

  /** What happened, for table and picture. */
  async result(service: string): Promise<RolloutResult> {
    const durationMs = this.now();
    const { spec } = await this.deployment();
    const { terminationGracePeriodSeconds: grace = 0, containers } = spec.template.spec as {
      terminationGracePeriodSeconds?: number;
      containers: readonly { lifecycle?: { preStop?: { sleep?: { seconds: number } } } }[];
    };
    const pods = this.observer.records(durationMs);
    return {
      service,
      target: 'kubernetes',
      startedAt: this.#startedAt.toISOString(),
      durationMs,
      settings: {
        replicas: spec.replicas ?? 1,
        preStopMs: (containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000,
        graceMs: grace * 1_000,
      },
      pods,
      kinds: this.recorder.kinds,
      answeredPerSecond: this.recorder.allAnsweredPerSecond,
      failures: this.recorder.failures,
      ...(this.connections.length === 0 ? {} : { connections: renamed(this.connections, pods) }),
    };
  }

  /** A pod that can never start: there is nothing to wait for. */
  #checkHope(): void {
    for (const { name: pod, containers } of this.pods) {
      for (const { name, image: used = '', state, lastState } of containers) {
        const { reason = '', message = '' } = state?.waiting ?? {};
        if (NO_IMAGE.has(reason)) {
          const image = name === 'ebb' ? (this.#release?.image ?? used) : used;
          // Without the service's image nothing can be played, without another one the rest can.
          const isOurs = image === this.cluster.options.image;
          const why =
            `Pod ${pod} cannot have image ${image} (${reason}: ${message}). Build it and load it into the nodes` +
            (name === 'ebb' ? `, or name another one with ${isOurs ? '--image' : '--test-image'}.` : '.');
          throw isOurs ? new UnusableCluster(why) : new ClusterError(why);
        }
        if (reason === 'CrashLoopBackOff') {
          const lastWords = lastState?.terminated?.message ?? 'it left no message';
          throw new ClusterError(`Container ${name} of pod ${pod} ends again and again: ${lastWords}`);
        }
      }
    }
  }
}

function isRolledOut({ metadata, spec, status = {} }: Deployment): boolean {
  const { observedGeneration = 0, replicas, updatedReplicas, availableReplicas } = status;
  const wanted = spec.replicas ?? 1;
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    [replicas, updatedReplicas, availableReplicas].every((count) => (count ?? 0) === wanted)
  );
}
