/** One client of a gateway, by the library that its users have, and what became of its messages. It never comes back by itself. */
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { until } from '../../../tools/lib/processes/until.js';

/** `io` begins as a WebSocket, `io-polling` never becomes one. */
export type Library = 'ws' | 'io' | 'io-polling';

const TRANSPORTS = { io: ['websocket'], 'io-polling': ['polling'] };

type Heard = (event: string, data: unknown) => void;

interface Connection {
  close(): void;
  send(event: string, data: object): void;
  /** How it ended: the code of `ws`; the reason of socket.io, and whether its client would come back. */
  readonly closed: Promise<string>;
}

export class GatewayClient {
  readonly sent: string[] = [];
  /** The ids of the messages that were answered. */
  readonly replies: string[] = [];
  #ticks = 0;
  readonly #connection: Connection;

  static async open(library: Library, port: number, name: string): Promise<GatewayClient> {
    const client = new GatewayClient(library, port, name);
    await client.#opened;
    return client;
  }

  readonly #opened: Promise<unknown>;

  private constructor(
    library: Library,
    port: number,
    private readonly name: string,
  ) {
    const heard: Heard = (event, data) => {
      if (event === 'ordered') {
        this.replies.push(String(data));
      } else if (event === 'tick') {
        this.#ticks += 1;
      }
    };
    const { opened, ...connection } = library === 'ws' ? openWs(port, heard) : openIo(port, TRANSPORTS[library], heard);
    this.#opened = opened;
    this.#connection = connection;
  }

  get closed(): Promise<string> {
    return this.#connection.closed;
  }

  send(event: string, data: object): void {
    this.#connection.send(event, data);
  }

  close(): void {
    this.#connection.close();
  }

  /** Sends orders until it is closed. */
  sendOrders(everyMs: number, durationMs: () => number): void {
    const sending = setInterval(() => {
      const id = `${this.name}-${this.sent.length}`;
      this.sent.push(id);
      this.send('order', { id, ms: durationMs() });
    }, everyMs);
    void this.closed.then(() => clearInterval(sending));
  }

  untilReplies(count: number): Promise<unknown> {
    return until(`${count} replies to ${this.name}`, () => this.replies.length >= count || undefined);
  }

  untilTicks(count: number): Promise<unknown> {
    return until(`${count} ticks for ${this.name}`, () => this.#ticks >= count || undefined);
  }
}

function openWs(port: number, heard: Heard): Connection & { readonly opened: Promise<unknown> } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/orders`);
  socket.on('message', (message: Buffer) => {
    const { event, data } = JSON.parse(message.toString()) as { readonly event: string; readonly data: unknown };
    heard(event, data);
  });
  return {
    opened: once(socket, 'open'),
    closed: once(socket, 'close').then(([code]: unknown[]) => String(code)),
    close: () => socket.close(),
    send(event, data) {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ event, data }));
      }
    },
  };
}

function openIo(port: number, transports: string[], heard: Heard): Connection & { readonly opened: Promise<unknown> } {
  const socket: Socket = io(`http://127.0.0.1:${port}`, { transports, reconnection: false, forceNew: true });
  socket.onAny(heard);
  return {
    opened: new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('connect_error', reject);
    }),
    closed: new Promise((resolve) => {
      socket.once('disconnect', (reason) => resolve(`${reason}, ${socket.active ? 'active' : 'for good'}`));
    }),
    close: () => socket.disconnect(),
    send(event, data) {
      // Otherwise it would be kept for a connection that never comes.
      if (socket.connected) {
        socket.emit(event, data);
      }
    },
  };
}
