import type { Socket } from 'node:net';
import type { Server } from 'node:tls';

/** Connections whose TLS handshake is not done. They have asked nothing yet, and nobody is to wait for them. */
export class Handshakes {
  /** By their clients' addresses: the socket that is decrypted is another one. */
  readonly #sockets = new Map<string, Socket>();

  /** Watches a server from now on. */
  attach(server: Server): void {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.#sockets.set(peer, socket);
      socket.once('close', () => this.#sockets.delete(peer));
    });
    server.on('secureConnection', (socket: Socket) => this.#sockets.delete(peerOf(socket)));
  }

  /** Destroys them. */
  cut(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
