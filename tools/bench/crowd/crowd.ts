import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { AnswerReader } from '../load/answer-reader.js';

/** How many connections are being opened at a time: fewer than the server's backlog takes. */
const AT_A_TIME = 100;

/** The sockets are read one after the other, so one buffer does for all. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1_024);

/** Connections that have each had one answer, and are idle since. */
export class Crowd {
  readonly #sockets = new Set<Socket>();
  readonly #request: Buffer;

  constructor(private readonly port: number) {
    this.#request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  }

  /** How many are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Opens more, until there are so many. @throws Error when one is refused, or answered wrongly. */
  async growTo(size: number): Promise<void> {
    while (this.size < size) {
      const missing = Math.min(AT_A_TIME, size - this.size);
      await Promise.all(Array.from({ length: missing }, () => this.#open()));
    }
  }

  close(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  async #open(): Promise<void> {
    const reader = new AnswerReader(undefined);
    const callback = (length: number) => {
      try {
        if (reader.read(BUFFER, length)) {
          socket.emit('answered');
        }
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port: this.port, onread: { buffer: BUFFER, callback } });
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    await once(socket, 'connect');
    socket.write(this.#request);
    await once(socket, 'answered');
  }
}
