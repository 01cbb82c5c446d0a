import type { IncomingMessage, ServerResponse } from 'node:http';

/** Members of Node's `IncomingMessage` that are in none of its documentation, and in each of its versions that are looked at. */
interface Dumpable extends IncomingMessage {
  /** Of how many events somebody listens to; `eventNames()` makes a list of all that there may be. */
  readonly _eventsCount: number;
  /** Express' own. */
  readonly res?: ServerResponse;
  readableFlowing: boolean | null;
  /** Called when the response has finished and nobody has read the request: reads what is left of it, and throws it away. */
  _dump(): void;
  /** Puts it where it is after its last event, without the events. What `optimizeEmptyRequests` of `http.createServer` calls. */
  _dumpAndCloseReadable(): void;
}

/**
 * Has requests end without `end` and `close`, where all of the request is there, the answer is out, and nobody listens. Each of these
 * events costs a turn of the event loop's queue.
 *
 * Not `optimizeEmptyRequests`, which gains the same at the beginning of a request: whoever listens later is told nothing then, of an
 * end or of a client that has gone, and `request.signal` is aborted from the start.
 *
 * @param closeListeners how many listeners for `close` each response has that do nothing with the request.
 */
export function skipUnheardEnd(prototype: IncomingMessage, closeListeners: number): void {
  const dump: unknown = Reflect.get(prototype, '_dump');
  if (!isDumpable(prototype) || typeof dump !== 'function') {
    return;
  }
  prototype._dump = function (this: Dumpable) {
    // Who listens to the response may ask the request then. Node's own listener, which calls this, is the first one.
    const isUnheard =
      this._eventsCount === 0 &&
      this.res?.listenerCount('finish') === 1 &&
      this.res.listenerCount('close') === closeListeners;
    if (isUnheard && this.complete && this.readableLength === 0 && this.readableFlowing === null) {
      this._dumpAndCloseReadable();
      // As after resume().
      this.readableFlowing = true;
    } else {
      Reflect.apply(dump, this, []);
    }
  };
}

function isDumpable(prototype: IncomingMessage): prototype is Dumpable {
  return typeof Reflect.get(prototype, '_dumpAndCloseReadable') === 'function';
}
