/** A TCP connection that a test writes on byte by byte, for everything a well-behaved client would not do. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../../../tools/lib/processes/until.js';

export class RawSocket {
  /** Everything that came back so far. */
  received = '';
  /** Resolves when the connection is gone, with the error's code if it was reset. */
  readonly closed: Promise<string | undefined>;

  /** @param allowHalfOpen goes on sending when the other side has said its last, as many clients do. */
  static async open(port: number, allowHalfOpen = false, host = '127.0.0.1'): Promise<RawSocket> {
    const socket = connect({ port, host, allowHalfOpen });
    await once(socket, 'connect');
    return new RawSocket(socket);
  }

  private constructor(readonly socket: Socket) {
    let code: string | undefined;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (this.received += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve(code));
    });
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Waits until what came back matches. @throws Error when the connection ends before. */
  until(matches: (received: string) => boolean): Promise<string> {
    return until(
      'an answer on a raw socket',
      () => (matches(this.received) ? this.received : undefined),
      () => this.socket.destroyed,
      () => JSON.stringify(this.received.slice(0, 2_000)),
    );
  }

  destroy(): void {
    this.socket.destroy();
  }
}
