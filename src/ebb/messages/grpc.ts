/**
 * gRPC, through @grpc/grpc-js. A GOAWAY tells a client to make its next calls on another connection, and costs none of those that
 * are under way. It is said while the listener is open: whoever comes back to this pod, because it does not know yet, is served.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GrpcHealth, type GrpcServer, isGrpcServer } from './grpc-health.js';
import type { Leaving } from './leaving.js';
import type { Message } from './message.js';
import { methodOf } from './method-of.js';
import type { TransportServer } from './transport-server.js';

/** UNAVAILABLE, by which clients know that the call may be repeated elsewhere. */
const UNAVAILABLE = 14;

/** A GOAWAY reaches those who are connected; who has come since then is told by the next one. */
const GO_AWAY_EVERY_MS = 1_000;

/** Of a session that is told: never in effect, because the drain has a ceiling of its own. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** For the statuses of what was cut to reach their clients. */
const LAST_STATUSES_MS = 500;

export function grpc(server: TransportServer, inWork: ReadonlyMap<unknown, Message>): Leaving {
  const health = new GrpcHealth();
  let grpcServer: GrpcServer | undefined;
  let ending: Promise<unknown> | undefined;
  let timer: NodeJS.Timeout | undefined;

  // Nest adds the services in here, to a server that it has just made.
  const bindEvents = methodOf(server, 'bindEvents');
  const close = server.close.bind(server);
  Object.assign(server, {
    async bindEvents() {
      const made: unknown = Reflect.get(server, 'grpcClient');
      grpcServer = isGrpcServer(made) ? made : undefined;
      await (grpcServer === undefined ? bindEvents() : health.beside(grpcServer, bindEvents));
    },
    async close() {
      if (ending !== undefined) {
        await Promise.race([ending, sleep(LAST_STATUSES_MS)]);
        grpcServer?.forceShutdown();
      }
      await close();
    },
  });

  const goAway = () => grpcServer?.drain(String(Reflect.get(server, 'url')), LONGEST_TIMER_MS);
  return {
    leave() {
      health.leave();
      // Throws for a port 0, which nobody can be told to leave.
      goAway();
      timer = setInterval(goAway, GO_AWAY_EVERY_MS).unref();
    },
    stopListening() {
      clearInterval(timer);
      health.end();
      ending = new Promise((resolve) => grpcServer?.tryShutdown(resolve));
    },
    flush: () => ending,
    cut: () => inWork.forEach(unavailable),
  };
}

/** Ends a call, of whatever kind, on the server: its handler is unsubscribed from, as if the client had cancelled it. */
function unavailable({ context }: Message): void {
  const call: unknown = typeof context === 'object' && context !== null ? Reflect.get(context, 'call') : undefined;
  methodOf(call, 'sendStatus')({ code: UNAVAILABLE, details: 'The server is leaving', metadata: null });
}
