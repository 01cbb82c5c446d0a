import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { children } from './children.js';
import { nodeOn } from './machine.js';

/** Above what any question takes. */
const CEILING_MS = 60_000;

/** A program of `tools/bench` that answers one question after the other: what it is doing is not done on the bench's own time. */
export class Partner {
  readonly #child: ChildProcess;
  #settle: ((outcome: { readonly answer: unknown } | { readonly error: Error }) => void) | undefined;

  /** @param file from `tools/bench/`, compiled. */
  constructor(file: string, core: number | undefined) {
    const [command, args] = nodeOn(core, [fileURLToPath(new URL(`../${file}`, import.meta.url))]);
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.add(this.#child);
    this.#child.on('message', (message: unknown) => this.#settle?.(outcomeOf(message)));
    this.#child.on('exit', (code, signal) => {
      this.#settle?.({ error: new Error(`${file} ended (${signal ?? code}) while it was asked something.`) });
    });
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws Error (a rejection) with what went wrong over there, when it ends, or when it does not answer in time.
   */
  ask<T>(question: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new Error(`No answer after ${CEILING_MS / 1_000} s to ${JSON.stringify(question)}.`);
      const timer = setTimeout(() => this.#settle?.({ error: late }), CEILING_MS);
      this.#settle = (outcome) => {
        clearTimeout(timer);
        this.#settle = undefined;
        if ('error' in outcome) {
          reject(outcome.error);
        } else {
          resolve(outcome.answer as T);
        }
      };
      this.#child.send(question, (error) => error !== null && this.#settle?.({ error }));
    });
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function outcomeOf(message: unknown): { readonly answer: unknown } | { readonly error: Error } {
  if (typeof message === 'object' && message !== null && 'error' in message) {
    return { error: new Error(String(message.error)) };
  }
  return { answer: message };
}
