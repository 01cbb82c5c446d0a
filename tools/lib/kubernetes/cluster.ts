import { randomUUID } from 'node:crypto';
import type { Target } from '../load/client.js';
import { Api } from './api.js';
import { ClusterError, Kubectl } from './kubectl.js';
import { checkNamespace, makeNamespace, removeNamespace } from './namespace.js';
import type { List, Node } from './objects.js';
import type { ClusterOptions } from './options.js';

/** `preStop.sleep` is generally available since then ("Container Lifecycle Hooks"). */
const OLDEST_MINOR = 34;

/** Puts something back, with a kubectl that is not ended. */
type Undo = (kubectl: Kubectl) => Promise<unknown>;

/** The cluster of kubectl's current context, and a namespace in it that is ours. */
export class Cluster {
  /** On everything that this run makes, so that it can be told from what others made, another run included. */
  readonly labels: Readonly<Record<string, string>> = {
    'app.kubernetes.io/managed-by': 'ebb-cluster-tests',
    'app.kubernetes.io/instance': randomUUID(),
  };
  kubectl: Kubectl;
  /** Where clients send their requests: to each in turn. */
  targets: readonly Target[] = [];
  /** The names of the nodes that take pods. */
  nodes: readonly string[] = [];
  readonly #undo: Undo[] = [];
  #api: Api | undefined;
  #isOver = false;

  constructor(readonly options: ClusterOptions) {
    this.kubectl = new Kubectl(options.namespace);
  }

  /** The labels as a selector. */
  get selector(): string {
    return Object.entries(this.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }

  get api(): Api {
    if (this.#api === undefined) {
      throw new ClusterError('The cluster is not open.');
    }
    return this.#api;
  }

  /** @throws {@link ClusterError} when the cluster is not there, or does not do */
  async open(): Promise<void> {
    const { namespace } = this.options;
    const context = await this.kubectl.run(['config', 'current-context']).catch((error: unknown) => {
      throw new ClusterError(
        (error as Error).message.includes('PATH')
          ? (error as Error).message
          : 'kubectl has no current context. Choose a cluster with "kubectl config use-context NAME", or with KUBECONFIG.',
      );
    });
    // Whatever somebody chooses in another terminal meanwhile.
    this.kubectl = new Kubectl(namespace, context.trim());
    await this.#checkVersion();
    const nodes = (await this.kubectl.json<List<Node>>(['get', 'nodes'])).items.filter(takesPods);
    this.nodes = nodes.map(({ metadata }) => metadata.name);
    this.targets = this.#targetsAt(nodes);
    await checkNamespace(this.kubectl);
    this.undoAtEnd((kubectl) => removeNamespace(kubectl, this.selector));
    await makeNamespace(this.kubectl, this.labels);
    this.#api = await Api.open(this.kubectl);
  }

  /** Has something put back when the run ends, however it ends. To be called before it is done. */
  undoAtEnd(undo: Undo): void {
    this.#undo.unshift(undo);
  }

  /** Whether it is being left: nothing is to be begun any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends whatever still runs, and leaves the cluster as it was. @throws {@link ClusterError} with what is left behind */
  async close(): Promise<void> {
    this.#isOver = true;
    this.kubectl.end();
    await this.#api?.close();
    const { namespace, context } = this.kubectl;
    const failures: string[] = [];
    for (const undo of this.#undo.splice(0)) {
      await undo(new Kubectl(namespace, context)).catch((error: unknown) => failures.push((error as Error).message));
    }
    if (failures.length > 0) {
      throw new ClusterError(`Something is left behind in namespace ${namespace}, or cordoned: ${failures.join('; ')}`);
    }
  }

  async #checkVersion(): Promise<void> {
    const version = await this.kubectl
      .json<{ serverVersion: { minor: string; gitVersion: string } }>(['version', '--request-timeout=10s'])
      .catch((error: unknown) => {
        throw new ClusterError(
          `The API server of context ${this.kubectl.context} does not answer (${(error as Error).message}). ` +
            'Start the cluster, or choose another one with "kubectl config use-context NAME".',
        );
      });
    const { minor, gitVersion } = version.serverVersion;
    if (Number.parseInt(minor, 10) < OLDEST_MINOR) {
      throw new ClusterError(`The cluster is Kubernetes ${gitVersion}. The manifests need 1.${OLDEST_MINOR} at least.`);
    }
  }

  #targetsAt(nodes: readonly Node[]): Target[] {
    const { baseUrl, nodePort } = this.options;
    if (baseUrl !== undefined) {
      return [{ host: baseUrl.hostname.replace(/^\[|\]$/g, ''), port: Number(baseUrl.port || 80) }];
    }
    const targets = nodes.flatMap(({ status }) => {
      const host = status.addresses.find(({ type }) => type === 'InternalIP')?.address;
      return host === undefined ? [] : [{ host, port: nodePort }];
    });
    if (targets.length === 0) {
      throw new ClusterError(
        'The cluster has no node that takes pods. Uncordon one: kubectl get nodes, kubectl uncordon.',
      );
    }
    return targets;
  }
}

function takesPods({ spec }: Node): boolean {
  return spec.unschedulable !== true && !spec.taints?.some(({ effect }) => effect.startsWith('No'));
}
