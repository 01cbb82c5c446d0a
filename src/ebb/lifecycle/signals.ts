/**
 * The only listener for SIGTERM and SIGINT beside Nest's own, there from the first line of `main.ts` on: as PID 1 a
 * process without one cannot be asked to go at all, because the kernel drops a signal that init does not handle.
 * Imports nothing heavy, so that it is there early.
 */
import { constants } from 'node:os';

export type ShutdownSignal = 'SIGTERM' | 'SIGINT';

/**
 * A second SIGINT within this time is the first one again: of a Ctrl-C under `npm start` the terminal sends one, to the
 * whole process group, and npm forwards another. Nobody presses the keys twice that fast.
 */
const SAME_KEY_PRESS_MS = 100;

/** What signals mean at the moment. */
export interface SignalHandler {
  /** The first signal. */
  first(signal: ShutdownSignal): void;
  /** Any further one; must end the process with this exit code, 128 + the signal's number. */
  again(signal: ShutdownSignal, exitCode: number): void;
}

export class Signals {
  #handler: SignalHandler = {
    // Not even a log is there yet.
    first: () => process.exit(0),
    again: (_signal, exitCode) => process.exit(exitCode),
  };
  #received: { signal: ShutdownSignal; atMs: number } | undefined;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.#receive(signal));
    }
  }

  /** Replaces what signals mean from now on. */
  handle(handler: SignalHandler): void {
    this.#handler = handler;
  }

  #receive(signal: ShutdownSignal): void {
    const previous = this.#received;
    const atMs = performance.now();
    if (previous === undefined) {
      this.#received = { signal, atMs };
      this.#handler.first(signal);
    } else if (signal !== 'SIGINT' || previous.signal !== 'SIGINT' || atMs - previous.atMs > SAME_KEY_PRESS_MS) {
      this.#handler.again(signal, 128 + constants.signals[signal]);
    }
  }
}
