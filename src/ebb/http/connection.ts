import type { Socket } from 'node:net';
import type { Exchange } from './exchange.js';
import { linger } from './linger.js';

/** Where a socket has its {@link Connection}: found without a look-up in a table of all. */
const CONNECTION = Symbol('connection');

type WithConnection = Socket & { [CONNECTION]?: Connection };

/** Of all that wait: an empty list of its own would be most of what a connection needs. Frozen, as it is everybody's. */
const NONE: Exchange[] = [];
Object.freeze(NONE);

/** A client's connection to the public listener. There may be tens of thousands: what one needs is counted in bytes. */
export class Connection {
  readonly openedAt = performance.now();
  #exchanges = NONE;
  /** How many bytes had been read when the connection last fell silent. */
  silentAtByte = 0;
  /** Whether it speaks HTTP no more. */
  isUpgraded = false;

  /** @param closed is called once, at the end. */
  constructor(
    readonly socket: Socket,
    private readonly closed: (connection: Connection) => void,
  ) {
    // Functions that are there once, and no closures.
    (socket as WithConnection)[CONNECTION] = this;
    socket.destroySoon = destroySoon;
    socket.on('close', onClose).on('end', onEnd);
  }

  /** Undefined for a socket that is none of the listener's. */
  static of(socket: Socket): Connection | undefined {
    return (socket as WithConnection)[CONNECTION];
  }

  /** In the order of arrival; more than one where a client pipelines. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /** An exchange has begun. */
  add(exchange: Exchange): void {
    if (this.#exchanges === NONE) {
      this.#exchanges = [exchange];
    } else {
      this.#exchanges.push(exchange);
    }
  }

  /** An exchange is over. */
  remove(exchange: Exchange): void {
    if (this.#exchanges.length === 1) {
      this.#exchanges = NONE;
    } else {
      // Mostly the first: answers go out in order. A client says how many it pipelines, so no copy of the list for each.
      this.#exchanges.splice(this.#exchanges.indexOf(exchange), 1);
    }
    this.silentAtByte = this.socket.bytesRead;
  }

  /** @internal */
  ended(): void {
    // Nobody half-closes an event stream, and one that is quiet would never find out that its client has gone.
    if (this.exchanges[0]?.isEventStream === true) {
      this.socket.destroy();
    }
  }

  /** @internal */
  wasClosed(): void {
    this.closed(this);
  }
}

function onClose(this: Socket): void {
  Connection.of(this)?.wasClosed();
}

function onEnd(this: Socket): void {
  Connection.of(this)?.ended();
}

/** What Node calls to end a connection after an answer that says so. */
function destroySoon(this: Socket): void {
  const last = Connection.of(this)?.exchanges.at(-1)?.request;
  if (last === undefined || last.complete) {
    const nodes: unknown = Reflect.get(Reflect.getPrototypeOf(this) ?? {}, 'destroySoon');
    if (typeof nodes === 'function') {
      Reflect.apply(nodes, this, []);
    }
  } else {
    linger(this, last);
  }
}
