import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What kube-proxy is to a connection: it leads to one pod for good, and a new one to whichever is an endpoint by then. */
export class Balancer {
  /** The port that each client was led to, in the order in which they came. */
  readonly taken: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  /** @param target  the port that new connections go to. */
  static async listen(target: number): Promise<Balancer> {
    const balancer = new Balancer(target);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  private constructor(public target: number) {
    // Each direction ends by itself, as it does without anything between.
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      this.taken.push(this.target);
      const pod = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
      for (const [socket, other] of [
        [client, pod],
        [pod, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy()).on('close', () => this.#sockets.delete(socket));
      }
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and goes on accepting. */
  cut(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
