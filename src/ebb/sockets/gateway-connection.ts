/** What the libraries behind gateways take for a client, as one kind of thing. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GOING_AWAY, LONGEST_GOODBYE_MS } from './goodbye.js';

/** The connection of one client of a gateway, of whatever library. */
export interface GatewayConnection {
  /** The same object for the same client. */
  readonly key: object;
  /** As the log calls it: `/chat`. */
  readonly path: string;
  /** By which it is found among all upgraded sockets. */
  readonly socket: Duplex | undefined;
  /** The same of engine.io, where a client may begin without a socket of its own. */
  readonly session: string | undefined;
  /** Whether it has ended already, before anybody could listen for that. */
  readonly isClosed: boolean;
  /** Ends it so that the client comes back; what was sent before arrives. */
  close(): void;
  /** Ends it without waiting for the client. */
  terminate(): void;
  onClose(listener: () => void): void;
}

/** The `readyState` of a WebSocket. */
const WS_CLOSED = 3;

/** Of `ws`. */
interface WsClient {
  readonly readyState: number;
  close(code: number): void;
  terminate(): void;
  once(event: 'close', listener: () => void): void;
}

/** Of socket.io: the sockets of all namespaces of a client share one connection of engine.io. */
interface IoClient {
  readonly conn: {
    readonly id: string;
    readonly request: IncomingMessage;
    readonly readyState: string;
    readonly transport: { readonly name: string };
    close(discard?: boolean): void;
    once(event: 'close', listener: () => void): void;
  };
}

/**
 * The connection of what a library takes for a client.
 *
 * @param request that became it, where the library hands it over.
 * @returns undefined for a library that is not known.
 */
export function connectionOf(client: object, request: IncomingMessage | undefined): GatewayConnection | undefined {
  if (isIoClient(client)) {
    const { conn } = client;
    return {
      key: conn,
      path: pathOf(conn.request),
      socket: conn.transport.name === 'websocket' ? conn.request.socket : undefined,
      session: conn.id,
      isClosed: conn.readyState === 'closed',
      // Not disconnect(): the client takes that for the last word and never comes back.
      close() {
        // Where no poll is open that could carry the goodbye; otherwise it takes 30 s.
        Object.assign(conn.transport, { closeTimeout: LONGEST_GOODBYE_MS });
        conn.close();
      },
      terminate: () => conn.close(true),
      onClose: (listener) => conn.once('close', listener),
    };
  }
  if (isWsClient(client)) {
    return {
      key: client,
      path: pathOf(request),
      socket: request?.socket,
      session: undefined,
      isClosed: client.readyState === WS_CLOSED,
      close: () => client.close(GOING_AWAY),
      terminate: () => client.terminate(),
      onClose: (listener) => client.once('close', listener),
    };
  }
  return undefined;
}

function pathOf(request: IncomingMessage | undefined): string {
  return request?.url?.split('?', 1)[0] ?? '/';
}

function isIoClient(client: object): client is IoClient {
  const conn: unknown = Reflect.get(client, 'conn');
  return typeof conn === 'object' && conn !== null && 'transport' in conn && 'request' in conn;
}

function isWsClient(client: object): client is WsClient {
  return ['close', 'terminate', 'once'].every((method) => typeof Reflect.get(client, method) === 'function');
}
