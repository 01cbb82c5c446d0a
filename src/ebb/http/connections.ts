/**
 * Who is connected to the public listener, and what was asked and not yet answered. Owns the politeness of leaving:
 * nobody is cut who could be told, and nobody is told in a way that costs somebody else an answer.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { portOf } from './listen.js';
import { fixConnectionHeader } from './connection-header.js';
import { bytesOnTheirWay } from './delivery.js';

/** A request that was accepted and not answered, as a log can name it. */
export interface InFlightRequest {
  readonly method: string;
  /** The route's pattern, `/users/:id`; the path as it was sent while no route was found yet. Never a query. */
  readonly route: string;
  readonly ageMs: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly since: number;
}

interface Connection {
  readonly openedAt: number;
  /** In the order of arrival; more than one where a client pipelines. */
  readonly exchanges: Set<Exchange>;
  /** How many bytes had been read when the connection last fell silent. */
  silentAtByte: number;
}

/** A log line and a termination message have to stay short, whatever a client sends. */
const LONGEST_ROUTE = 200;

/** How long a client that was answered early may go on sending. */
const LONGEST_LINGER_MS = 3_000;

/** A listener that new connections never stop coming to has to close some time. */
const MOST_ACCEPT_TURNS = 1_000;

@Injectable()
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #lingering = new Set<Socket>();
  #server: Server | undefined;
  #leaving = false;
  #finished = 0;
  #finishedWhileLeaving = 0;
  #accepted = 0;
  #lastAcceptedAt = -Infinity;
  #port = 0;

  /** Watches a server from now on. */
  attach(server: Server): void {
    this.#server = server;
    // Of TLS the requests know the decrypted socket, and nobody is to be counted whose handshake is not done.
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#opened(socket),
    );
    // First of all listeners: the framework's own may answer before the next one is called.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#received(request, response),
    );
  }

  /** How many connections clients have open. */
  get open(): number {
    return this.#connections.size;
  }

  /** When the last client connected, as `performance.now()` counts; -Infinity when none ever has. */
  get lastAcceptedAt(): number {
    return this.#lastAcceptedAt;
  }

  /** How many requests are in flight. */
  get inFlightCount(): number {
    let count = 0;
    for (const { exchanges } of this.#connections.values()) {
      count += exchanges.size;
    }
    return count;
  }

  /** Whether a request is in flight that came before `atMs`, as `performance.now()` counts. */
  isInFlightSince(atMs: number): boolean {
    return this.#exchanges.some(({ since }) => since < atMs);
  }

  /** The requests in flight, the oldest first. */
  get inFlight(): InFlightRequest[] {
    return this.#exchanges
      .toSorted((a, b) => a.since - b.since)
      .map(({ request, since }) => ({
        method: request.method ?? '',
        route: routeOf(request),
        ageMs: Math.round(performance.now() - since),
      }));
  }

  get #exchanges(): Exchange[] {
    return Array.from(this.#connections.values(), ({ exchanges }) => [...exchanges]).flat();
  }

  /**
   * How many clients are about to ask something: in the middle of a request's header, or connected for less than
   * `freshMs` without a word, so that their request may be on the wire.
   */
  arriving(freshMs: number): number {
    const now = performance.now();
    let count = 0;
    for (const [socket, { exchanges, silentAtByte, openedAt }] of this.#connections) {
      const isFresh = socket.bytesRead === 0 && now - openedAt < freshMs;
      if (exchanges.size === 0 && (isFresh || socket.bytesRead > silentAtByte)) {
        count += 1;
      }
    }
    return count;
  }

  /** How many clients were answered and are still sending the body of that request. */
  get lingering(): number {
    return this.#lingering.size;
  }

  /**
   * How many bytes of answers have not reached their clients, whether Node holds them, the kernel, or a proxy in the pod.
   *
   * @param isProxied whether there is one that they come through.
   */
  async undeliveredBytes(isProxied: boolean): Promise<number> {
    let bytes = await bytesOnTheirWay(this.#port, isProxied);
    for (const socket of this.#connections.keys()) {
      bytes += socket.writableLength;
    }
    return bytes;
  }

  /** How many requests were answered. */
  get finished(): number {
    return this.#finished;
  }

  /** How many of them since {@link askToLeave}. */
  get finishedWhileLeaving(): number {
    return this.#finishedWhileLeaving;
  }

  /**
   * From now on every response says `Connection: close`, also that of a request which is already in flight. It is the
   * only way in HTTP/1.1 to ask a keep-alive client to go elsewhere without taking an answer from it (RFC 9112, 9.6).
   */
  askToLeave(): void {
    this.#leaving = true;
    for (const connection of this.#connections.values()) {
      for (const exchange of connection.exchanges) {
        this.#askToClose(exchange, connection);
      }
    }
  }

  /**
   * Accepts what waits in the kernel's queue, and then nothing more; cuts nobody. A listener that closes resets whatever
   * is still in that queue, and libuv takes a single connection out of it per turn of the event loop (1.52).
   *
   * `http.Server.close()` would destroy idle connections, with the request on the wire that is about to arrive on one of
   * them, and would stop the timer that ends slow requests; the close of a plain TCP server does neither.
   */
  async stopListening(): Promise<void> {
    let quietTurns = 0;
    for (let turns = 0; quietTurns < 2 && turns < MOST_ACCEPT_TURNS; turns += 1) {
      const before = this.#accepted;
      await turn();
      quietTurns = this.#accepted === before ? quietTurns + 1 : 0;
    }
    if (this.#server?.listening === true) {
      this.#port = portOf(this.#server);
      TcpServer.prototype.close.call(this.#server);
    }
  }

  /** Closes every connection that waits for no answer. */
  closeIdle(): void {
    for (const [socket, { exchanges }] of this.#connections) {
      if (exchanges.size === 0) {
        socket.destroySoon();
      }
    }
  }

  /** Destroys every connection, whatever is in flight on it. */
  cut(): void {
    for (const socket of this.#connections.keys()) {
      socket.destroy();
    }
    // Not at their `close`, which comes later: what was cut is not in flight any more.
    this.#connections.clear();
  }

  #opened(socket: Socket): void {
    this.#accepted += 1;
    this.#lastAcceptedAt = performance.now();
    this.#connections.set(socket, { openedAt: this.#lastAcceptedAt, exchanges: new Set(), silentAtByte: 0 });
    socket.once('close', () => this.#connections.delete(socket));
  }

  #received(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      return;
    }
    const exchange = { request, response, since: performance.now() };
    connection.exchanges.add(exchange);
    if (this.#leaving) {
      this.#askToClose(exchange, connection);
    }
    response.once('close', () => {
      connection.exchanges.delete(exchange);
      this.#fellSilent(connection, request);
      if (response.writableFinished) {
        this.#finished += 1;
        this.#finishedWhileLeaving += this.#leaving ? 1 : 0;
      }
    });
  }

  /**
   * Of pipelined requests only the last one is told to close: Node ends the connection after the response that says so, and
   * the requests behind it would never be answered.
   */
  #askToClose(exchange: Exchange, { exchanges }: Connection): void {
    const { request, response } = exchange;
    if (response.headersSent) {
      return;
    }
    fixConnectionHeader(response, () => ([...exchanges].at(-1) === exchange ? 'close' : 'keep-alive'));
    response.prependOnceListener('finish', () => {
      if (!request.complete) {
        this.#linger(request);
      }
    });
  }

  #fellSilent(connection: Connection, request: IncomingMessage): void {
    connection.silentAtByte = request.socket.bytesRead;
    if (!request.complete) {
      // Answered before its body had arrived: what still comes of it is no new request.
      request.once('close', () => (connection.silentAtByte = request.socket.bytesRead));
    }
  }

  /**
   * Answered before its body had arrived, and the connection is about to be closed. Node would do so at once, and what the
   * client still sends would be met by a reset that takes the answer from it (RFC 9112, 9.6). Called before Node's own
   * listener, so that it is this that Node calls.
   */
  #linger(request: IncomingMessage): void {
    const { socket } = request;
    socket.destroySoon = () => {
      this.#lingering.add(socket);
      const end = () => {
        clearTimeout(timer);
        this.#lingering.delete(socket);
        socket.destroy();
      };
      const timer = setTimeout(end, LONGEST_LINGER_MS);
      request.once('close', end);
      socket.once('close', end);
      socket.end();
    };
  }
}

function routeOf(request: IncomingMessage & { route?: unknown }): string {
  const { route } = request;
  const pattern =
    typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string'
      ? route.path
      : (request.url ?? '').split('?', 1)[0];
  return (pattern ?? '').slice(0, LONGEST_ROUTE);
}
