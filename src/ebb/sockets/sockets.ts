/**
 * Upgraded sockets: WebSockets of whatever library. While the pod leaves no new one is accepted, and each that is open hears
 * the one goodbye that its client takes for a reason to come back.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Connections } from '../http/connections.js';
import { Changes } from '../work/changes.js';
import { goesNowhere, sayOver } from '../work/goodbyes.js';
import type { PendingWork, WorkSource } from '../work/work-source.js';
import { Gateways } from './gateways.js';
import { closeFrame, GOING_AWAY, LONGEST_GOODBYE_MS } from './goodbye.js';

/** What a refused client is told; browsers do not see it, other clients may. */
const RETRY_AFTER_SECONDS = 1;

interface UpgradedSocket {
  readonly path: string;
  /** Of engine.io. */
  readonly session: string | undefined;
  /** How many bytes had been written to it before its handshake was answered. */
  readonly unansweredAtByte: number;
  readonly since: number;
}

@Injectable()
export class Sockets implements WorkSource {
  readonly name = 'sockets';
  readonly #open = new Map<Duplex, UpgradedSocket>();
  #server: Server | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly gateways: Gateways,
    private readonly changes: Changes,
  ) {}

  /** Watches a server as soon as anybody takes upgrades of it: with a listener of ours alone, Node would hand us plain requests. */
  attach(server: Server): void {
    if (server.listenerCount('upgrade') > 0) {
      this.#watch(server);
      return;
    }
    const added = (event: string | symbol) => {
      if (event === 'upgrade') {
        server.off('newListener', added);
        this.#watch(server);
      }
    };
    server.on('newListener', added);
  }

  #watch(server: Server): void {
    this.#server = server;
    // What is no WebSocket is answered as plain HTTP. With a listener Node takes every request with an `Upgrade` for an upgrade
    // otherwise, and that of `curl --http2` is never answered (node 57054).
    Object.assign(server, { shouldUpgradeCallback: isWebSocket });
    server.prependListener('upgrade', (request: IncomingMessage, socket: Duplex) => this.#upgraded(request, socket));
  }

  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  isPendingSince(atMs: number): boolean {
    const [oldest] = this.#open.values();
    return oldest !== undefined && oldest.since < atMs;
  }

  get pending(): readonly PendingWork[] {
    const others = [...this.#open].filter(([socket, { session }]) => this.gateways.of(socket, session) === undefined);
    return others.map(([, { path, since }]) => {
      const ageMs = Math.round(performance.now() - since);
      return { text: `WebSocket ${path} after ${(ageMs / 1_000).toFixed(1)} s`, field: { path, ageMs } };
    });
  }

  leave(overMs: number): void {
    this.#server?.removeAllListeners('upgrade').on('upgrade', (_request, socket: Duplex) => refuse(socket));
    sayOver(overMs, [...this.#open.keys()], (socket) => {
      if (!this.#isAnswered(socket)) {
        afterFirstWrite(socket, () => this.#goodbye(socket));
        endSoon(socket);
      } else {
        this.#goodbye(socket);
      }
    });
  }

  #goodbye(socket: Duplex): void {
    const conversation = this.gateways.of(socket, this.#open.get(socket)?.session);
    if (conversation === undefined) {
      goodbye(socket);
      endSoon(socket);
    } else {
      // The gateway says goodbye, after its last reply.
      void conversation.toldToGo.then(() => endSoon(socket));
    }
  }

  /** A close frame before the answer to its handshake would be no HTTP. */
  #isAnswered(socket: Duplex): boolean {
    return !(socket instanceof Socket) || socket.bytesWritten !== this.#open.get(socket)?.unansweredAtByte;
  }

  cut(): void {
    this.#open.forEach((_, socket) => socket.destroy());
    this.#open.clear();
  }

  #upgraded(request: IncomingMessage, socket: Duplex): void {
    const [path = '/', query] = (request.url ?? '').split('?', 2);
    const session = new URLSearchParams(query).get('sid') ?? undefined;
    const unansweredAtByte = socket instanceof Socket ? socket.bytesWritten : 0;
    this.#open.set(socket, { path, session, unansweredAtByte, since: performance.now() });
    if (socket instanceof Socket) {
      this.connections.upgraded(socket);
    }
    socket.once('close', () => {
      this.#open.delete(socket);
      this.changes.notify();
    });
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return /(?:^|,)\s*websocket\s*(?:,|$)/i.test(headers.upgrade ?? '');
}

function refuse(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: ${RETRY_AFTER_SECONDS}\r\nContent-Length: 0\r\n\r\n`,
  );
  socket.resume();
}

/** Calls when something has been written, in a turn of its own: whoever wrote it goes on with what it makes of it. */
function afterFirstWrite(socket: Duplex, then: () => void): void {
  const write: unknown = Reflect.get(socket, 'write');
  if (typeof write !== 'function') {
    return;
  }
  Object.assign(socket, {
    write(...args: readonly unknown[]): unknown {
      Reflect.deleteProperty(socket, 'write');
      setImmediate(then);
      return Reflect.apply(write, socket, args);
    },
  });
}

/** One close frame, and nothing after it: a client that is sent more takes the connection for a broken one. */
function goodbye(socket: Duplex): void {
  if (socket.destroyed || !socket.writable) {
    return;
  }
  socket.write(closeFrame(GOING_AWAY));
  Object.assign(socket, { write: goesNowhere });
}

/** For clients that do not answer: some libraries wait 30 s for them. */
function endSoon(socket: Duplex): void {
  setTimeout(() => socket.destroy(), LONGEST_GOODBYE_MS).unref();
}
