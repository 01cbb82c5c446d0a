/** Everything that an application consists of, as Nest keeps it, and its hooks. */
import type { ModulesContainer } from '@nestjs/core';

/** What Nest keeps of a provider, a controller, a guard or the like, or a middleware. */
export type Wrapper = ReturnType<typeof wrappersOf>[number];

/** All wrappers of all modules. */
export function wrappersOf(modules: ModulesContainer) {
  return [...modules.values()].flatMap(({ providers, controllers, injectables, middlewares }) =>
    [providers, controllers, injectables, middlewares].flatMap((map) => Array.from(map.values())),
  );
}

/** One call of a hook. */
export interface HookCall {
  /** `CounterStore.onModuleDestroy`; the same for two instances of a transient provider. */
  readonly name: string;
  /** Runs the hook. */
  run(): Promise<void>;
}

/** Puts something around some hooks of all instances that are there: it is called in the place of each, and runs it. */
export function aroundHooks(
  modules: ModulesContainer,
  hooks: readonly string[],
  around: (call: HookCall) => Promise<void>,
): void {
  for (const [instance, owner] of instancesOf(modules)) {
    for (const hook of hooks) {
      const original: unknown = Reflect.get(instance, hook);
      if (typeof original === 'function') {
        Reflect.set(instance, hook, (...args: unknown[]) =>
          around({
            name: `${owner}.${hook}`,
            async run() {
              await Reflect.apply(original, instance, args);
            },
          }),
        );
      }
    }
  }
}

/** Those whose hooks Nest calls, once each, with the names of their classes. */
export function instancesOf(modules: ModulesContainer): ReadonlyMap<object, string> {
  const instances = new Map<object, string>();
  for (const wrapper of wrappersOf(modules)) {
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
  return instances;
}
