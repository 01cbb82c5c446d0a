/**
 * A method that is not declared, because it is protected or of an optional package.
 *
 * @returns what calls it; it does nothing where there is none.
 */
export function methodOf(target: unknown, name: string): (...args: readonly unknown[]) => unknown {
  const method: unknown = typeof target === 'object' && target !== null ? Reflect.get(target, name) : undefined;
  return (...args): unknown => (typeof method === 'function' ? Reflect.apply(method, target, args) : undefined);
}
