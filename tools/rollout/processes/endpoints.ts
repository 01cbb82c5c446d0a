import type { Pod } from './pod.js';

/**
 * Where new connections go, as kube-proxy decides it: to a random pod of the table. A deleted pod stays in the table
 * for a while, because everybody who routes learns of its deletion later than the pod itself.
 */
export class Endpoints {
  readonly #pods = new Set<Pod>();

  add(pod: Pod): void {
    this.#pods.add(pod);
  }

  forget(pod: Pod): void {
    this.#pods.delete(pod);
  }

  /** A pod for a new connection; undefined while there is none. */
  pick(): Pod | undefined {
    const pods = [...this.#pods];
    return pods[Math.floor(Math.random() * pods.length)];
  }
}
