import type { Socket } from 'node:net';

/** How long a client that was answered early may go on sending. */
const LONGEST_LINGER_MS = 3_000;

/**
 * Ends a connection on which a request is still arriving: sends what there is to send and a FIN, and goes on reading until
 * the client has ended too, or for {@link LONGEST_LINGER_MS}. Closed at once, what the client still sends would be met by a reset
 * that takes the answer from it.
 *
 * @param isOver an emitter whose `close` says that the request has arrived.
 * @see RFC 9112, 9.6
 */
export function linger(socket: Socket, isOver?: { once(event: 'close', listener: () => void): unknown }): void {
  if (socket.destroyed) {
    return;
  }
  const end = () => {
    clearTimeout(timer);
    socket.destroy();
  };
  const timer = setTimeout(end, LONGEST_LINGER_MS);
  isOver?.once('close', end);
  socket.once('end', end).once('close', end);
  // The other side has ended already: nothing comes any more.
  socket.end(() => socket.readableEnded && end());
}
