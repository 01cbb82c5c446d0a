import { Injectable, Logger } from '@nestjs/common';
import { SHUTDOWN_SIGNALS, type ShutdownSignal } from './signals.js';

type Listener = NodeJS.SignalsListener;

/** The listeners for signals that an action adds. */
export function listenersAddedBy(action: () => void): ReadonlySet<unknown> {
  const before = new Set(allListeners());
  action();
  return new Set(allListeners().filter((listener) => !before.has(listener)));
}

function allListeners(): unknown[] {
  return SHUTDOWN_SIGNALS.flatMap((signal): unknown[] => process.listeners(signal));
}

/**
 * What libraries do at a signal: a tracing SDK flushes, a client disconnects, some end the process. At the signal itself that
 * takes from requests in flight what they still need, so it is done at the very end instead, in its order.
 */
@Injectable()
export class ForeignListeners {
  readonly #logger = new Logger('Lifecycle');
  readonly #taken: { readonly signal: ShutdownSignal; readonly listener: Listener }[] = [];
  #running: string | undefined;

  /** The listener that has not returned yet, as a log names it. */
  get running(): string | undefined {
    return this.#running;
  }

  /** Takes every listener that is not one of ours from its signal. */
  take(isOurs: (listener: unknown) => boolean): void {
    for (const signal of SHUTDOWN_SIGNALS) {
      for (const listener of process.listeners(signal).filter((one) => !isOurs(one))) {
        process.off(signal, listener);
        this.#taken.push({ signal, listener });
      }
    }
    const listeners = this.#taken.map(nameOf);
    if (listeners.length > 0) {
      this.#logger.log({ listeners }, `Called when all else is done: ${listeners.join(', ')}`);
    }
  }

  /** Calls those of a signal, one after the other. What they throw or reject with is logged. */
  async call(signal: ShutdownSignal): Promise<void> {
    for (const one of this.#taken.splice(0).filter((taken) => taken.signal === signal)) {
      this.#running = nameOf(one);
      try {
        await Promise.resolve(Reflect.apply(one.listener, process, [signal]));
      } catch (error) {
        this.#logger.error({ err: error, listener: this.#running }, `The ${this.#running} failed`);
      }
      this.#running = undefined;
    }
  }
}

function nameOf({ signal, listener }: { readonly signal: ShutdownSignal; readonly listener: Listener }): string {
  return `listener ${listener.name === '' ? '' : `${listener.name} `}for ${signal}`;
}
