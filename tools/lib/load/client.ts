import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Recorder } from './recorder.js';

/** For how long a client waits without hearing anything; more than the longest work that any of them asks for. */
const PATIENCE_MS = 90_000;

/** The Host of every request. The name of the Service, because a mesh routes by it whatever the address is. */
export const HOST = 'ebb';

/** Where a connection goes. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** The pod behind it; absent where a Service chooses one. */
  readonly name?: string;
}

/** Says where a new connection goes; undefined when there is nowhere to go. */
export type Route = () => Target | undefined;

/** Connects each new connection to where the routing says. Established ones stay where they are. */
export class RoutedAgent extends Agent {
  readonly targetOf = new WeakMap<Socket, Target>();

  constructor(
    private readonly route: Route,
    keepAlive: boolean,
  ) {
    super({ keepAlive, maxSockets: 1 });
  }

  override createConnection(...[, callback]: Parameters<Agent['createConnection']>): Socket | undefined {
    const target = this.route();
    if (target === undefined) {
      // Thrown, it would come out of `request` and not as the request's error.
      const fail = callback as ((error: Error) => void) | undefined;
      process.nextTick(() => fail?.(Object.assign(new Error('no endpoint'), { code: 'no endpoint' })));
      return undefined;
    }
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.targetOf.set(socket, target);
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
    route: Route,
    keepAlive = true,
  ) {
    this.#agent = new RoutedAgent(route, keepAlive);
  }

  /** Sends a request and records what came of it. Returns whether it was answered. Never rejects. */
  get(path: string): Promise<boolean> {
    const startedAt = performance.now();
    return new Promise((resolve) => {
      let target: Target | undefined;
      const fail = (reason: string) => {
        this.recorder.failed(this.kind, target?.name, reason);
        resolve(false);
      };
      const outgoing = request({ agent: this.#agent, host: HOST, path });
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(Object.assign(new Error(), { code: 'timeout' })));
      outgoing.once('socket', (socket) => (target = this.#agent.targetOf.get(socket)));
      outgoing.once('error', (error) => fail(reasonOf(error)));
      outgoing.once('response', (response: IncomingMessage) => {
        response.resume();
        response.once('error', (error) => fail(`half an answer, ${reasonOf(error)}`));
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          if (status !== 200) {
            fail(String(status));
          } else {
            this.recorder.answered(this.kind, target?.name, performance.now() - startedAt);
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

/** The code of an error, or its words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
