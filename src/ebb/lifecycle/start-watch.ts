import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';
import { StartProgress } from './start-progress.js';

type Wrapper = ReturnType<typeof wrappersOf>[number];

const START_HOOKS = ['onModuleInit', 'onApplicationBootstrap'] as const;

/**
 * Knows which providers and start hooks the application waits for, and which one failed. Nest says neither: an error of a
 * factory does not name its provider, and a factory that never resolves is silence.
 */
@Injectable()
export class StartWatch implements OnModuleInit {
  readonly #running = new Set<string>();

  constructor(
    private readonly modules: ModulesContainer,
    progress: StartProgress,
  ) {
    progress.watch(() => [...this.#pending(), ...this.#running]);
    progress.blame = () => this.#failed();
  }

  onModuleInit(): void {
    const instances = new Map<object, string>();
    for (const wrapper of wrappersOf(this.modules)) {
      const { instance } = wrapper;
      if (typeof instance === 'object' && instance !== null && wrapper.isDependencyTreeStatic()) {
        instances.set(instance, instance.constructor?.name ?? String(wrapper.name));
      }
    }
    for (const [instance, owner] of instances) {
      for (const hook of START_HOOKS) {
        this.#wrap(instance, hook, `${owner}.${hook}`);
      }
    }
  }

  #wrap(instance: object, hook: string, name: string): void {
    const original: unknown = Reflect.get(instance, hook);
    if (instance === this || typeof original !== 'function') {
      return;
    }
    Reflect.set(instance, hook, async (...args: unknown[]): Promise<void> => {
      this.#running.add(name);
      // Not in a `finally`: one that failed stays, because it is what failed.
      await Reflect.apply(original, instance, args);
      this.#running.delete(name);
    });
  }

  /** Providers that are being made, each whose dependencies are there: the others only wait for these. */
  #pending(): string[] {
    return wrappersOf(this.modules)
      .filter(
        (wrapper) =>
          stateOf(wrapper) === 'pending' && dependenciesOf(wrapper).every((one) => stateOf(one) !== 'pending'),
      )
      .map(nameOf);
  }

  /** The hook that failed, or the provider, whose dependencies are there. */
  #failed(): string | undefined {
    const [hook] = this.#running;
    const provider = wrappersOf(this.modules).find(
      (wrapper) => stateOf(wrapper) === 'failed' && dependenciesOf(wrapper).every((one) => stateOf(one) === 'made'),
    );
    return hook ?? (provider === undefined ? undefined : nameOf(provider));
  }
}

function wrappersOf(modules: ModulesContainer) {
  return Array.from(modules.values(), ({ providers, controllers, injectables }) => [
    ...providers.values(),
    ...controllers.values(),
    ...injectables.values(),
  ]).flat();
}

function dependenciesOf(wrapper: Wrapper): Wrapper[] {
  const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  // Sparse where a parameter is optional and nobody provides it.
  return [...(wrapper.getCtorMetadata() ?? []), ...properties].filter((one): one is Wrapper => one !== undefined);
}

function stateOf(wrapper: Wrapper): 'pending' | 'made' | 'failed' {
  // Nest takes away what failed.
  if (wrapper.getExistingInstancesByContextId(STATIC_CONTEXT).length === 0) {
    return 'failed';
  }
  const { isPending = false, isResolved = false } = wrapper.getInstanceByContextId(STATIC_CONTEXT);
  return isPending && !isResolved ? 'pending' : 'made';
}

/** `OrdersPool`; a token that is a symbol or a string as it is written, with the module that provides it. */
function nameOf(wrapper: Wrapper): string {
  const module = wrapper.host?.name;
  return module === undefined ? String(wrapper.name) : `${String(wrapper.name)} of ${module}`;
}
