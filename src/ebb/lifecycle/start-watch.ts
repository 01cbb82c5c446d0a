import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';
import { aroundHooks, type HookCall, type Wrapper, wrappersOf } from './hooks.js';
import { StartProgress } from './start-progress.js';

const START_HOOKS = ['onModuleInit', 'onApplicationBootstrap'] as const;

/**
 * Knows which providers and start hooks the application waits for, and which one failed. Nest says neither: an error of a
 * factory does not name its provider, and a factory that never resolves is silence.
 */
@Injectable()
export class StartWatch implements OnModuleInit {
  readonly #running = new Set<HookCall>();
  #failedHook: string | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    progress: StartProgress,
  ) {
    progress.watch(() => [...this.#pending(), ...Array.from(this.#running, ({ name }) => name)]);
    progress.blame = () => this.#failed();
  }

  onModuleInit(): void {
    aroundHooks(this.modules, START_HOOKS, async (call) => {
      this.#running.add(call);
      try {
        await call.run();
      } catch (error) {
        this.#failedHook ??= call.name;
        throw error;
      } finally {
        this.#running.delete(call);
      }
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
    const provider = wrappersOf(this.modules).find(
      (wrapper) => stateOf(wrapper) === 'failed' && dependenciesOf(wrapper).every((one) => stateOf(one) === 'made'),
    );
    return this.#failedHook ?? (provider === undefined ? undefined : nameOf(provider));
  }
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
