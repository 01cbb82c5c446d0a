/**
 * Knows when the handler of a message is done. With an interceptor in between, Nest hands over an Observable in the place of the
 * handler's promise: whoever unsubscribes from it, because the client has gone, would take the handler for done.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** What `@SubscribeMessage()` leaves on a method. */
const MESSAGE_MAPPING = 'websockets:message_mapping';

/** Told of each promise of a handler that is called in here. */
const caller = new AsyncLocalStorage<(handled: Promise<unknown>) => void>();

const watched = new WeakSet<object>();

/** Calls what leads to a handler, and tells of the promise that the handler itself returns. */
export function callHandler<T>(call: () => T, onHandled: (handled: Promise<unknown>) => void): T {
  return caller.run(onHandled, call);
}

/** Watches the handlers of a gateway, before Nest reads them. */
export function watchHandlers(gateway: object): void {
  for (let owner = Reflect.getPrototypeOf(gateway); owner !== null; owner = Reflect.getPrototypeOf(owner)) {
    for (const name of Object.getOwnPropertyNames(owner)) {
      const method: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
      if (isHandler(method) && !watched.has(method)) {
        Object.defineProperty(owner, name, {
          configurable: true,
          writable: true,
          enumerable: false,
          value: watchedOf(method),
        });
      }
    }
  }
}

function isHandler(method: unknown): method is (...args: unknown[]) => unknown {
  return typeof method === 'function' && Reflect.hasOwnMetadata(MESSAGE_MAPPING, method);
}

/** Guards, interceptors and the like read the same of it. */
function watchedOf(method: (...args: unknown[]) => unknown): object {
  function handler(this: unknown, ...args: unknown[]): unknown {
    const result = Reflect.apply(method, this, args);
    if (result instanceof Promise) {
      caller.getStore()?.(result);
    }
    return result;
  }
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), handler);
  }
  Object.defineProperties(handler, { name: { value: method.name }, length: { value: method.length } });
  watched.add(handler);
  return handler;
}
