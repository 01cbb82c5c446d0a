/**
 * Who is connected to the public listener, and what was asked and not yet answered. Owns the politeness of leaving:
 * nobody is cut who could be told, and nobody is told in a way that costs somebody else an answer.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { Changes } from '../work/changes.js';
import type { PendingWork, WorkSource } from '../work/work-source.js';
import { Connection } from './connection.js';
import { fixConnectionHeader } from './connection-header.js';
import { EventStreams } from './event-streams.js';
import { Durations } from './durations.js';
import { Exchange, type ExchangeWatcher } from './exchange.js';
import { Handshakes } from './handshakes.js';
import { portOf } from './listen.js';
import { answerForParser } from './parser-answers.js';
import { stopListening } from './stop-listening.js';
import { Tally } from './tally.js';

/** How many idle connections are closed in one turn of the event loop: a probe that waits behind 10,000 times out. */
const CLOSED_PER_TURN = 256;

@Injectable()
export class Connections implements WorkSource, ExchangeWatcher {
  readonly name = 'requests';
  readonly tally = new Tally();
  readonly durations = new Durations();
  readonly #connections = new Set<Connection>();
  readonly #handshakes = new Handshakes();
  /** All that are in flight, in the order of arrival. */
  readonly #exchanges = new Set<Exchange>();
  readonly #streams = new EventStreams();
  #server: Server | undefined;
  #leaving = false;
  #accepted = 0;
  #lastAcceptedAt = -Infinity;
  #port = 0;

  constructor(private readonly changes: Changes) {}

  /** Watches a server from now on. */
  attach(server: Server): void {
    this.#server = server;
    // A client that has sent all it has to say, and says so with a FIN, still reads: its answer may take its time. One that is
    // really gone answers what is written to it with a reset. Not in Node's documentation, and off by default.
    Object.assign(server, { httpAllowHalfOpen: true });
    // Of TLS the requests know the decrypted socket, and nobody is to be counted whose handshake is not done.
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#opened(socket),
    );
    if (server instanceof TlsServer) {
      this.#handshakes.attach(server);
    }
    const received = (request: IncomingMessage, response: ServerResponse) => this.#received(request, response);
    // First of all listeners: the framework's own may answer before the next one is called.
    server.prependListener('request', received);
    server.on('checkExpectation', received);
    answerForParser(server);
    server.on('drop', () => (this.tally.refused += 1));
  }

  /** A connection has left HTTP: what comes on it is no request. It is still a client that is connected. */
  upgraded(socket: Socket): void {
    const connection = Connection.of(socket);
    if (connection !== undefined) {
      connection.isUpgraded = true;
    }
  }

  /** How many connections clients have open. */
  get open(): number {
    return this.#connections.size;
  }

  /** The port of the listener; still after it has closed. */
  get port(): number {
    return this.#port;
  }

  /** When the last client connected, as `performance.now()` counts; -Infinity when none ever has. */
  get lastAcceptedAt(): number {
    return this.#lastAcceptedAt;
  }

  /** How many requests are in flight. */
  get inFlightCount(): number {
    return this.#exchanges.size;
  }

  get isIdle(): boolean {
    return this.#exchanges.size === 0;
  }

  isPendingSince(atMs: number): boolean {
    const [oldest] = this.#exchanges;
    return oldest !== undefined && oldest.since < atMs;
  }

  get pending(): readonly PendingWork[] {
    return Array.from(this.#exchanges, (exchange) => exchange.toPending());
  }

  /** The exchanges whose answers wait for their clients to read. */
  get delivering(): Exchange[] {
    return [...this.#exchanges].filter(({ isDelivering }) => isDelivering);
  }

  /** The exchanges whose requests are still arriving. */
  get receiving(): Exchange[] {
    return [...this.#exchanges].filter(({ request }) => !request.complete);
  }

  /**
   * From now on every response says `Connection: close`, also that of a request which is already in flight. It is the only way
   * in HTTP/1.1 to ask a keep-alive client to go elsewhere without taking an answer from it (RFC 9112, 9.6). Streams of events,
   * whose answers never end, are ended.
   */
  leave(overMs: number): void {
    this.#leaving = true;
    for (const exchange of this.#exchanges) {
      this.#askToClose(exchange);
    }
    this.#streams.leave(
      [...this.#exchanges].filter(({ isEventStream }) => isEventStream),
      overMs,
    );
  }

  /** Accepts nobody any more; cuts nobody. */
  async stopListening(): Promise<void> {
    if (this.#server?.listening === true) {
      this.#port = portOf(this.#server);
      await stopListening(this.#server, () => this.#accepted);
    }
  }

  /**
   * Waits for clients that are about to ask something: in the middle of a request's header, or connected for less than
   * `graceMs` without a word, so that their request may be on the wire.
   *
   * @returns when none is left of them, a request has arrived, or the time is up.
   */
  async untilArrived(graceMs: number, endAt: number): Promise<void> {
    const now = performance.now();
    const arriving = [...this.#connections].filter(({ socket, exchanges, silentAtByte, openedAt, isUpgraded }) => {
      const isFresh = socket.bytesRead === 0 && now - openedAt < graceMs;
      return exchanges.length === 0 && !isUpgraded && (isFresh || socket.bytesRead > silentAtByte);
    });
    const isOver = () => !this.isIdle || arriving.every((connection) => !this.#connections.has(connection));
    await this.changes.until(isOver, Math.min(now + graceMs, endAt));
  }

  /**
   * Begins to end the connections on which a request is still arriving that was answered before the pod was asked to go: that
   * answer could not say so.
   */
  endAnswered(): void {
    for (const { request, response } of this.#exchanges) {
      if (response.writableFinished) {
        request.socket.destroySoon();
      }
    }
  }

  /** Closes every connection that waits for no answer. */
  async closeIdle(): Promise<void> {
    this.#handshakes.cut();
    let closed = 0;
    for (const { socket, exchanges } of this.#connections) {
      if (exchanges.length === 0) {
        socket.destroySoon();
        closed += 1;
        if (closed % CLOSED_PER_TURN === 0) {
          await turn();
        }
      }
    }
  }

  /** Destroys every connection, whatever is in flight on it. */
  cut(): void {
    this.#handshakes.cut();
    for (const { socket } of this.#connections) {
      socket.destroy();
    }
    // Not at their `close`, which comes later: what was cut is not in flight any more.
    this.#connections.clear();
    this.#exchanges.clear();
  }

  #opened(socket: Socket): void {
    const connection = new Connection(socket, this.#closed);
    this.#accepted += 1;
    this.#lastAcceptedAt = connection.openedAt;
    this.#connections.add(connection);
  }

  readonly #closed = (connection: Connection): void => {
    this.#connections.delete(connection);
    this.changes.notify();
  };

  #received(request: IncomingMessage, response: ServerResponse): void {
    const connection = Connection.of(request.socket);
    if (connection === undefined) {
      return;
    }
    const exchange = new Exchange(request, response, connection, this);
    connection.add(exchange);
    this.#exchanges.add(exchange);
    const mayStream = wantsEvents(request);
    if (mayStream) {
      this.#streams.follow(exchange);
    }
    if (this.#leaving || mayStream) {
      this.#askToClose(exchange);
    }
    if (this.#leaving) {
      // Who waits for arrivals has one.
      this.changes.notify();
    }
  }

  /** @internal An answer is out; the request may still be arriving. */
  answered({ since }: Exchange): void {
    this.tally.finished += 1;
    this.tally.finishedWhileLeaving += this.#leaving ? 1 : 0;
    this.durations.observe((performance.now() - since) / 1_000);
  }

  /** @internal Called once for each. */
  over(exchange: Exchange): void {
    exchange.connection.remove(exchange);
    if (this.#exchanges.delete(exchange) && exchange.isAbandoned && this.#leaving) {
      this.tally.abandonedWhileLeaving += 1;
    }
    this.changes.notify();
  }

  /**
   * Of pipelined requests only the last one is told to close: Node ends the connection after the response that says so, and
   * the requests behind it would never be answered.
   */
  #askToClose(exchange: Exchange): void {
    const { connection, response } = exchange;
    if (!response.headersSent) {
      const decide = () => (connection.exchanges.at(-1) === exchange ? 'close' : 'keep-alive');
      fixConnectionHeader(response, decide, () => {
        if (this.#leaving && exchange.isEventStream) {
          this.#streams.came(exchange);
        }
      });
    }
  }
}

/**
 * Whether the answer may be a stream of events, which ends with its connection, and whose header says so from the beginning. A
 * proxy that was told to keep the connection would send somebody else's request on it at the moment at which the stream has
 * ended and the FIN is still on its way.
 */
function wantsEvents({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/event-stream') === true;
}
