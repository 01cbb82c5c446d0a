/**
 * Answers on their way. An answer is out of Node's hands as soon as the kernel has taken it, up to some MB of it, and a process
 * may exit then. A pod must not: with its last container its network is taken down, and with it whatever the kernel still holds.
 * The client of a large answer would be left with a part of it, and with a connection that nobody closes.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Connections } from './connections.js';
import type { Exchange } from './exchange.js';
import { queuedBytes, type QueuedBytes } from './kernel-tables.js';

/** A client that has read nothing of its answer for this long is taken to be gone, however much is left of it. */
const STALLED_READER_MS = 5_000;

/** How often answers are looked at that Node still holds. */
const LOOK_AT_NODE_EVERY_MS = 500;

/** The least between two looks at the kernel's tables. */
const LOOK_AT_KERNEL_EVERY_MS = 20;

/** A look at a long table takes a while; so much of the time is spent between two looks for each part spent on one. */
const PAUSE_PER_COST = 20;

/** What was not read when the time was up. */
export interface Undelivered {
  /** Bytes of answers. */
  readonly bytes: number;
  /** Bytes that may be answers: a proxy in the pod has them, for whomever. */
  readonly proxiedBytes: number;
}

/** How much of something is left, and since when it has been so much. */
interface Progress {
  readonly left: number;
  readonly since: number;
}

@Injectable()
export class Delivery {
  readonly #logger = new Logger('Lifecycle');

  /** The ends, as the kernel's tables have them, of clients that have had their time: they are not waited for once more. */
  readonly #givenUp = new Set<string>();

  constructor(private readonly connections: Connections) {}

  /**
   * Ends connections whose clients have stopped reading while Node still holds a part of their answer: such an exchange
   * would be in flight to the end of its slice.
   *
   * @returns ends that.
   */
  endStalledReaders(): () => void {
    const over = new AbortController();
    void this.#watchReaders(over.signal);
    return () => over.abort();
  }

  async #watchReaders(over: AbortSignal): Promise<void> {
    const seen = new Map<Exchange, Progress>();
    let pauseMs = LOOK_AT_NODE_EVERY_MS;
    while (!over.aborted) {
      // Not what keeps a process alive.
      await sleep(pauseMs, undefined, { ref: false });
      const { delivering } = this.connections;
      const lookedAt = performance.now();
      const port = delivering[0]?.request.socket.localPort;
      const queued = port === undefined ? [] : await queuedBytes(port, false);
      pauseMs = Math.max(LOOK_AT_NODE_EVERY_MS, (performance.now() - lookedAt) * PAUSE_PER_COST);
      for (const exchange of delivering) {
        const { socket } = exchange.request;
        // Both: the kernel takes more in large steps only, when much of what it holds has been read.
        const progress = advanced(seen.get(exchange), unsentBy(socket) + heldFor(socket, queued));
        seen.set(exchange, progress);
        if (performance.now() - progress.since >= STALLED_READER_MS) {
          this.#tell(progress.left);
          this.#givenUp.add(clientEnd(socket));
          socket.destroy();
        }
      }
      for (const exchange of seen.keys()) {
        if (!delivering.includes(exchange)) {
          seen.delete(exchange);
        }
      }
    }
  }

  /**
   * Waits until the clients have what the kernel holds, as long as they go on reading.
   *
   * @param isProxied whether they come through a proxy in the pod.
   * @param endAt the ceiling, as `performance.now()` counts.
   * @returns what is left at the ceiling; undefined when all is read or nobody reads any more.
   */
  async untilRead(isProxied: boolean, endAt: number): Promise<Undelivered | undefined> {
    const seen = new Map<string, Progress>();
    for (;;) {
      const lookedAt = performance.now();
      const all = await queuedBytes(this.connections.port, isProxied);
      const queued = all.filter(
        ({ bytes, connection }) => bytes > 0 && !this.#givenUp.has(connection.slice(connection.lastIndexOf(':'))),
      );
      const costMs = performance.now() - lookedAt;
      for (const { connection, bytes } of queued) {
        seen.set(connection, advanced(seen.get(connection), bytes));
      }
      const sinceOf = (connection: string) => seen.get(connection)?.since ?? lookedAt;
      if (queued.every(({ connection }) => lookedAt - sinceOf(connection) >= STALLED_READER_MS)) {
        this.#tell(sum(queued));
        return undefined;
      }
      if (performance.now() >= endAt) {
        return {
          bytes: sum(queued.filter(({ isOwn }) => isOwn)),
          proxiedBytes: sum(queued.filter(({ isOwn }) => !isOwn)),
        };
      }
      const pauseMs = Math.max(LOOK_AT_KERNEL_EVERY_MS, costMs * PAUSE_PER_COST);
      await sleep(Math.min(pauseMs, Math.max(endAt - performance.now(), 0)));
    }
  }

  #tell(undeliveredBytes: number): void {
    if (undeliveredBytes > 0) {
      this.#logger.warn({ undeliveredBytes }, `Clients have stopped reading, ${undeliveredBytes} bytes before the end`);
    }
  }
}

function advanced(before: Progress | undefined, left: number): Progress {
  return before?.left === left ? before : { left, since: performance.now() };
}

/**
 * What the kernel has not taken yet. Node counts a chunk until all of it is taken; libuv, where it can be asked, counts what is
 * left of it.
 */
function unsentBy(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const size: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : undefined;
  return typeof size === 'number' ? size : socket.writableLength;
}

/** What the kernel holds for a client. */
function heldFor(socket: Socket, queued: readonly QueuedBytes[]): number {
  return sum(queued.filter(({ connection }) => connection.endsWith(clientEnd(socket))));
}

/** `:D431`, how a row of the kernel's tables ends for a client. */
function clientEnd({ remotePort = 0 }: Socket): string {
  return `:${remotePort.toString(16).toUpperCase().padStart(4, '0')}`;
}

function sum(queued: readonly { readonly bytes: number }[]): number {
  return queued.reduce((total, { bytes }) => total + bytes, 0);
}
