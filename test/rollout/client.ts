import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Pod } from './pod.js';
import type { Recorder } from './recorder.js';

/** The ceiling of a request beyond the work it asks for. */
const PATIENCE_MS = 30_000;

/** Connects each new connection to the pod that the routing says. Established ones stay where they are. */
class RoutedAgent extends Agent {
  readonly podOf = new WeakMap<Socket, Pod>();

  constructor(
    private readonly route: () => Pod | undefined,
    keepAlive: boolean,
  ) {
    super({ keepAlive, maxSockets: 1 });
  }

  override createConnection(): Socket {
    const pod = this.route();
    if (pod === undefined) {
      throw Object.assign(new Error('no endpoint'), { code: 'no endpoint' });
    }
    const socket = connect({ host: '127.0.0.1', port: pod.port, noDelay: true });
    this.podOf.set(socket, pod);
    return socket;
  }
}

/**
 * One client with at most one connection. It **never retries**: Node's agent does not, and neither does this, so that a
 * connection that dies under a request is seen.
 */
export class Client {
  readonly #agent: RoutedAgent;

  constructor(
    private readonly kind: string,
    private readonly recorder: Recorder,
    route: () => Pod | undefined,
    keepAlive = true,
  ) {
    this.#agent = new RoutedAgent(route, keepAlive);
  }

  /** Sends a request and records what came of it. Returns whether it was answered. Never rejects. */
  get(path: string): Promise<boolean> {
    const startedAt = performance.now();
    return new Promise((resolve) => {
      let pod: Pod | undefined;
      const fail = (reason: string) => {
        this.recorder.failed(this.kind, pod?.name, reason);
        resolve(false);
      };
      const outgoing = request({ agent: this.#agent, host: 'service', path });
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(Object.assign(new Error(), { code: 'timeout' })));
      outgoing.once('socket', (socket) => (pod = this.#agent.podOf.get(socket)));
      outgoing.once('error', (error) => fail(reasonOf(error)));
      outgoing.once('response', (response: IncomingMessage) => {
        response.resume();
        response.once('error', (error) => fail(`half an answer, ${reasonOf(error)}`));
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          if (status !== 200 || pod === undefined) {
            fail(String(status));
          } else {
            this.recorder.answered(this.kind, pod.name, performance.now() - startedAt);
            resolve(true);
          }
        });
      });
      outgoing.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
