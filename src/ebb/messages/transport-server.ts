/** What is used of the servers of `@nestjs/microservices`. The package is optional, so none of its own types can stand here. */

/** Runs around the work on one message, and calls `done` to have it done. */
export type StartHook = (transportId: unknown, context: unknown, done: () => Promise<unknown>) => unknown;

/** Runs when that is over. A reply goes out after it. */
export type EndHook = (transportId: unknown, context: unknown) => unknown;

/** One packet of a reply; the last one says that it is. */
export interface ReplyPacket {
  readonly isDisposed?: boolean;
}

/** `Server` of `@nestjs/microservices`, which a microservice has one of. */
export interface TransportServer {
  /** A number for a transport of Nest, a symbol or nothing for another. */
  readonly transportId?: unknown;
  listen(callback: (...args: readonly unknown[]) => unknown): unknown;
  close(): unknown;
  setOnProcessingStartHook(hook: StartHook): void;
  setOnProcessingEndHook(hook: EndHook): void;
  /** Sends what a stream of replies emits, one after the other. */
  send(replies: unknown, respond: (packet: ReplyPacket) => unknown): unknown;
  /** By pattern. */
  getHandlers(): ReadonlyMap<string, unknown>;
  /** What the transport's library made. @throws Error before the microservice was started. */
  // As Nest declares it: whoever asks knows the library.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  unwrap<T>(): T;
}

/** Whether something connected to the application is such a server: a strategy of somebody's own may be anything. */
export function isTransportServer(target: object): target is TransportServer {
  return ['setOnProcessingStartHook', 'setOnProcessingEndHook', 'send', 'unwrap'].every(
    (method) => typeof Reflect.get(target, method) === 'function',
  );
}
