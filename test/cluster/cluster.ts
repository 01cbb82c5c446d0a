import type { Target } from '../rollout/client.js';
import { Api } from './api.js';
import { ClusterError, Kubectl } from './kubectl.js';
import { checkNamespace, makeNamespace, removeNamespace } from './namespace.js';
import type { List, Node } from './objects.js';
import type { ClusterOptions } from './options.js';

/** `preStop.sleep` is generally available since then ("Container Lifecycle Hooks"). */
const OLDEST_MINOR = 34;

/** The cluster of kubectl's current context, and a namespace in it that is ours. */
export class Cluster {
  readonly kubectl: Kubectl;
  /** Where clients send their requests. */
  target: Target = { host: '', port: 0 };
  /** The names of the nodes that take pods. */
  nodes: readonly string[] = [];
  readonly #undo: (() => Promise<unknown>)[] = [];
  #api: Api | undefined;

  constructor(readonly options: ClusterOptions) {
    this.kubectl = new Kubectl(options.namespace);
  }

  get api(): Api {
    if (this.#api === undefined) {
      throw new Error('The cluster is not open.');
    }
    return this.#api;
  }

  /** @throws {@link ClusterError} when the cluster is not there, or does not do */
  async open(): Promise<void> {
    const context = await this.kubectl.run(['config', 'current-context']).catch((error: unknown) => {
      throw new ClusterError(
        (error as Error).message.includes('PATH')
          ? (error as Error).message
          : 'kubectl has no current context. Choose a cluster with "kubectl config use-context NAME", or with KUBECONFIG.',
      );
    });
    await this.#checkVersion(context.trim());
    const nodes = (await this.kubectl.json<List<Node>>(['get', 'nodes'])).items.filter(takesPods);
    this.nodes = nodes.map(({ metadata }) => metadata.name);
    this.target = this.#targetAt(nodes);
    await checkNamespace(this.kubectl);
    this.undoAtEnd(() => removeNamespace(this.kubectl));
    await makeNamespace(this.kubectl);
    this.#api = await Api.open();
  }

  /** Has something put back when the run ends, however it ends. To be called before it is done. */
  undoAtEnd(undo: () => Promise<unknown>): void {
    this.#undo.unshift(undo);
  }

  /** Leaves the cluster as it was. @throws {@link ClusterError} with what is left behind */
  async close(): Promise<void> {
    await this.#api?.close();
    for (const undo of this.#undo.splice(0)) {
      await undo();
    }
  }

  async #checkVersion(context: string): Promise<void> {
    const version = await this.kubectl
      .json<{ serverVersion: { minor: string; gitVersion: string } }>(['version', '--request-timeout=10s'])
      .catch((error: unknown) => {
        throw new ClusterError(
          `The API server of context ${context} does not answer (${(error as Error).message}). ` +
            'Start the cluster, or choose another one with "kubectl config use-context NAME".',
        );
      });
    const { minor, gitVersion } = version.serverVersion;
    if (Number.parseInt(minor, 10) < OLDEST_MINOR) {
      throw new ClusterError(`The cluster is Kubernetes ${gitVersion}. The manifests need 1.${OLDEST_MINOR} at least.`);
    }
  }

  #targetAt(nodes: readonly Node[]): Target {
    const { baseUrl, nodePort } = this.options;
    if (baseUrl !== undefined) {
      return { host: baseUrl.hostname.replace(/^\[|\]$/g, ''), port: Number(baseUrl.port || 80) };
    }
    const address = nodes[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
    if (address === undefined) {
      throw new ClusterError(
        'The cluster has no node that takes pods. Uncordon one: kubectl get nodes, kubectl uncordon.',
      );
    }
    return { host: address, port: nodePort };
  }
}

function takesPods({ spec }: Node): boolean {
  return spec.unschedulable !== true && !spec.taints?.some(({ effect }) => effect.startsWith('No'));
}
