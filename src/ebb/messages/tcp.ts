/**
 * Nest's TCP transport. Its protocol has no goodbye: a client learns that the pod goes from the end of the connection, and what
 * it has sent by then is lost. Such a message is not handled, so that its sender may repeat it.
 */
import { type Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Leaving } from './leaving.js';
import type { Message } from './message.js';
import { methodOf } from './method-of.js';
import type { TransportServer } from './transport-server.js';

/** How long a connection may be without a moment in which nothing of it is in work; then no more is read from it. */
const BUSY_GRACE_MS = 500;

export function tcp(server: TransportServer, inWork: ReadonlyMap<unknown, Message>): Leaving {
  const listener = server.unwrap<Server>();
  const open = new Set<Socket>();
  let isStopped = false;
  listener.on(listener instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  const isBusy = (socket: Socket) => [...inWork.values()].some((message) => socketOf(message) === socket);
  // In a turn of its own: what was read has begun by then, and what is done is written.
  const endIdle = () => [...open].filter((socket) => !isBusy(socket)).forEach(end);

  return {
    stopListening() {
      isStopped = true;
      // With `retryAttempts` Nest would listen again.
      Object.assign(server, { isManuallyTerminated: true });
      listener.close();
      setImmediate(endIdle);
      setTimeout(() => open.forEach(hearNoMore), BUSY_GRACE_MS).unref();
    },
    over(message) {
      const socket = socketOf(message);
      if (isStopped && socket !== undefined) {
        setImmediate(() => isBusy(socket) || end(socket));
      }
    },
    /** Nest destroys what is open, and a reset takes answers that were not read yet. */
    flush: () => Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve)))),
  };
}

/** Of Nest's TcpContext. */
function socketOf({ context }: Message): Socket | undefined {
  const reference = methodOf(context, 'getSocketRef')();
  const socket: unknown =
    typeof reference === 'object' && reference !== null ? Reflect.get(reference, 'netSocket') : undefined;
  return socket instanceof Socket ? socket : undefined;
}

function hearNoMore(socket: Socket): void {
  socket.removeAllListeners('data').resume();
}

function end(socket: Socket): void {
  hearNoMore(socket);
  socket.end();
}
