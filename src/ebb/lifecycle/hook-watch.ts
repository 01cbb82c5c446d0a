import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SHUTDOWN_HOOKS } from '../libraries/library.js';
import { aroundHooks, type HookCall } from './hooks.js';

/**
 * Knows which shutdown hook runs and which one failed. Nest 12 logs a hook's error without saying whose it was, exits
 * with 0 all the same, and knows no name for a hook that never returns.
 */
@Injectable()
export class HookWatch {
  readonly #logger = new Logger('Lifecycle');
  readonly #running = new Set<HookCall>();
  readonly #failed: string[] = [];

  constructor(private readonly modules: ModulesContainer) {}

  /** The hooks that have not returned yet, `CounterStore.onModuleDestroy`. */
  get running(): readonly string[] {
    return Array.from(this.#running, ({ name }) => name);
  }

  /** The hooks that threw or rejected. */
  get failed(): readonly string[] {
    return this.#failed;
  }

  /** Watches the hooks of everything the application consists of. */
  watch(): void {
    aroundHooks(this.modules, SHUTDOWN_HOOKS, async (call) => {
      const startedAt = performance.now();
      const { name } = call;
      this.#running.add(call);
      try {
        await call.run();
      } catch (error) {
        this.#failed.push(name);
        const elapsedMs = Math.round(performance.now() - startedAt);
        this.#logger.error({ err: error, hook: name, elapsedMs }, `The shutdown hook ${name} failed`);
      } finally {
        this.#running.delete(call);
      }
    });
  }
}
