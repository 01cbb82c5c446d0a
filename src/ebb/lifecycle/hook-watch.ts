import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

const SHUTDOWN_HOOKS = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const;

/**
 * Knows which shutdown hook runs and which one failed. Nest 12 logs a hook's error without saying whose it was, exits
 * with 0 all the same, and knows no name for a hook that never returns.
 */
@Injectable()
export class HookWatch {
  readonly #logger = new Logger('Lifecycle');
  readonly #running = new Set<string>();
  readonly #failed: string[] = [];

  constructor(private readonly modules: ModulesContainer) {}

  /** The hooks that have not returned yet, `CounterStore.onModuleDestroy`. */
  get running(): readonly string[] {
    return [...this.#running];
  }

  /** The hooks that threw or rejected. */
  get failed(): readonly string[] {
    return this.#failed;
  }

  /** Watches the hooks of everything the application consists of. */
  watch(): void {
    const instances = new Map<object, string>();
    for (const { providers, controllers, injectables, middlewares } of this.modules.values()) {
      const wrappers = [providers, controllers, injectables, middlewares].flatMap((map) => Array.from(map.values()));
      for (const wrapper of wrappers) {
        // Of a transient provider there is one instance for each that injects it.
        const made: unknown[] = wrapper.isTransient
          ? wrapper.getStaticTransientInstances().map((host) => host?.instance)
          : [wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined];
        for (const instance of made) {
          if (typeof instance === 'object' && instance !== null) {
            instances.set(instance, instance.constructor?.name ?? String(wrapper.name));
          }
        }
      }
    }
    for (const [instance, owner] of instances) {
      for (const hook of SHUTDOWN_HOOKS) {
        this.#wrap(instance, hook, `${owner}.${hook}`);
      }
    }
  }

  #wrap(instance: object, hook: string, name: string): void {
    const original: unknown = Reflect.get(instance, hook);
    if (typeof original !== 'function') {
      return;
    }
    Reflect.set(instance, hook, async (...args: unknown[]): Promise<void> => {
      const startedAt = performance.now();
      this.#running.add(name);
      try {
        await Reflect.apply(original, instance, args);
      } catch (error) {
        this.#failed.push(name);
        const elapsedMs = Math.round(performance.now() - startedAt);
        this.#logger.error({ err: error, hook: name, elapsedMs }, `The shutdown hook ${name} failed`);
      } finally {
        this.#running.delete(name);
      }
    });
  }
}
