/** As a Service of Kubernetes: new connections go to the pod that is chosen, those that are there stay. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const running = new Set<Balancer>();

export class Balancer {
  /** Where new connections go. */
  target = 0;
  /** The ports of the pods that connections went to. */
  readonly taken: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  static async start(target: number): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.target = target;
    await new Promise<void>((resolve) => {
      balancer.#server.listen(0, '127.0.0.1', resolve);
    });
    return balancer;
  }

  private constructor() {
    this.#server = createServer((client) => this.#forward(client));
    running.add(this);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  end(): void {
    running.delete(this);
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #forward(client: Socket): void {
    this.taken.push(this.target);
    const pod = connect({ port: this.target, host: '127.0.0.1' });
    client.pipe(pod).pipe(client);
    for (const [socket, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}

/** Ends what a test has left running. For `afterEach`. */
export function endBalancers(): void {
  running.forEach((balancer) => balancer.end());
}
