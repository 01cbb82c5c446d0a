import { setTimeout as sleep } from 'node:timers/promises';
import { later } from '../connections/later.js';
import type { ConnectionsRecord } from '../connections/record.js';
import type { LoadSettings } from '../load/load.js';
import type { Failure, KindRecord } from '../load/result.js';
import { ClusterError } from './kubectl.js';
import { LOAD, type Stage } from './stage.js';
import { startTestPod } from './test-pod.js';

const NAME = 'client';

/** The longest request of its clients, and a moment to say what came of them. */
const GRACE_SECONDS = 30;

/** More than a scenario takes. */
const LIFE_CEILING_MS = 600_000;

const STOP_CEILING_MS = (GRACE_SECONDS + 15) * 1_000;

/** What the clients in the pod counted. */
export interface Counted {
  /** In ms since 1970. */
  readonly beganAt: number;
  readonly kinds: readonly KindRecord[];
  readonly failures: readonly Failure[];
  readonly connections: readonly ConnectionsRecord[];
}

interface ClientPodOptions {
  /** By which a mesh takes it in. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What its clients ask for; how many they are is fixed. */
  readonly load?: LoadSettings;
}

/** Clients in a pod of the cluster, which reach the service through its ClusterIP. `client-pod.main.ts` is what it runs. */
export class ClientPod {
  #last = '';
  readonly #ended: Promise<void>;

  private constructor(private readonly stage: Stage) {
    this.#ended = this.#listen();
  }

  /** @throws {@link ClusterError} when the pod does not start */
  static async start(
    stage: Stage,
    image: string,
    { labels = {}, load = LOAD }: ClientPodOptions = {},
  ): Promise<ClientPod> {
    const { kubectl, cluster } = stage;
    const service = await kubectl.json<{ spec: { clusterIP: string } }>(['get', 'service', 'ebb']);
    await startTestPod(stage, {
      name: NAME,
      image,
      args: ['dist-test/tools/lib/kubernetes/client-pod.main.js', service.spec.clusterIP, '80', JSON.stringify(load)],
      graceSeconds: GRACE_SECONDS,
      labels,
      // Clients outside come in at the first node first: under `Local` the pods of another one may have these alone.
      nodeName: cluster.nodes.at(-1),
    });
    return new ClientPod(stage);
  }

  /** Lets the clients finish. Resolves with what they counted, which is the last line that they print. */
  async stop(): Promise<Counted> {
    await this.stage.kubectl.run(['delete', 'pod', NAME, '--wait=false']);
    await Promise.race([this.#ended, sleep(STOP_CEILING_MS, undefined, { ref: false })]);
    try {
      const { beganAt, kinds, failures, connections } = JSON.parse(this.#last) as Counted;
      const lateMs = beganAt - this.stage.startedAt;
      const dated = failures.map(({ atMs, kind, reason }) => ({ atMs: atMs + lateMs, kind, reason }));
      return { beganAt, kinds, failures: dated, connections: connections.map((record) => later(record, lateMs)) };
    } catch {
      throw new ClusterError(`The clients in pod ${NAME} did not say what they counted, but: ${this.#last}`);
    }
  }

  async #listen(): Promise<void> {
    const ceiling = AbortSignal.timeout(LIFE_CEILING_MS);
    for await (const line of this.stage.kubectl.lines(['attach', NAME, '--container', NAME, '--quiet'], ceiling)) {
      this.#last = line;
    }
  }
}
