import type { ShutdownHook } from './library.js';

/** A hook of a provider that is run once: when the pod is asked to go, or by Nest, whoever calls first. */
export class EarlyHook {
  /** `BullExplorer.onApplicationShutdown` */
  readonly name: string;
  readonly #released: Promise<void>;
  readonly #run: () => Promise<void>;
  #result: Promise<void> | undefined;
  #release: () => void = () => undefined;

  /** Puts itself in the hook's place. */
  constructor(
    readonly provider: object,
    className: string,
    hook: ShutdownHook,
    original: (...args: unknown[]) => unknown,
  ) {
    this.name = `${className}.${hook}`;
    this.#run = async () => {
      await Reflect.apply(original, provider, []);
    };
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
    Reflect.set(provider, hook, () => Promise.race([this.call(), this.#released]));
  }

  /** Runs it, unless it was run already. */
  call(): Promise<void> {
    this.#result ??= this.#run();
    return this.#result;
  }

  /** Nest need not wait for it any more. */
  release(): void {
    this.#release();
  }
}
