/**
 * The only listener for SIGTERM and SIGINT beside Nest's own, there from the first line of `main.ts` on: as PID 1 a
 * process without one cannot be asked to go at all, because the kernel drops a signal that init does not handle.
 * Imports nothing heavy, so that it is there early.
 */
import { constants } from 'node:os';

/** Those that ask the process to go. */
export const SHUTDOWN_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export type ShutdownSignal = (typeof SHUTDOWN_SIGNALS)[number];

/**
 * A second SIGINT within this time is the first one again: of a Ctrl-C under `npm start` the terminal sends one, to the
 * whole process group, and npm forwards another. Nobody presses the keys twice that fast.
 */
const SAME_KEY_PRESS_MS = 100;

/** What signals mean at the moment. */
export interface SignalHandler {
  /** The first signal. */
  first(signal: ShutdownSignal): void;
  /**
   * Another SIGTERM. It changes nothing: wrappers, a node that shuts down and a kubelet that was restarted send one more, and
   * whoever wants it faster has SIGKILL.
   */
  repeated(signal: ShutdownSignal): void;
  /** SIGINT of a person who waits no longer; must end the process with this exit code, 128 + the signal's number. */
  insisted(exitCode: number): void;
}

export class Signals {
  #handler: SignalHandler = {
    // Not even a log is there yet.
    first: () => process.exit(0),
    repeated: () => undefined,
    insisted: (exitCode) => process.exit(exitCode),
  };
  #received: { signal: ShutdownSignal; atMs: number } | undefined;
  readonly #listeners = new Map<ShutdownSignal, NodeJS.SignalsListener>();

  constructor() {
    for (const signal of SHUTDOWN_SIGNALS) {
      const listener = () => this.#receive(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** Replaces what signals mean from now on. */
  handle(handler: SignalHandler): void {
    this.#handler = handler;
  }

  /** Whether anybody has asked the process to go. */
  get haveReceived(): boolean {
    return this.#received !== undefined;
  }

  /** Whether a listener of the process is the one that was made here. */
  isOwn(listener: unknown): boolean {
    return [...this.#listeners.values()].some((own) => own === listener);
  }

  #receive(signal: ShutdownSignal): void {
    const previous = this.#received;
    const atMs = performance.now();
    if (previous === undefined) {
      this.#received = { signal, atMs };
      this.#handler.first(signal);
    } else if (signal === 'SIGTERM') {
      this.#handler.repeated(signal);
    } else if (previous.signal !== 'SIGINT' || atMs - previous.atMs > SAME_KEY_PRESS_MS) {
      this.#handler.insisted(128 + constants.signals[signal]);
    }
  }
}
