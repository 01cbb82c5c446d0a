/**
 * Part of every bundle: loads a package by a name that is known only at run time. Nest and others load optional packages so,
 * and a bundler sees nothing of it. What the bundle holds under that name comes first, then what `node_modules` has.
 */
import { createRequire as nodeCreateRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
// What the bundler has found, by specifier and by `importer specifier`, as file names beside the bundle.
import { table } from 'ebb-bundle:table';

// Whoever imports createRequire may import these beside it.
export { builtinModules, default, findPackageJSON, isBuiltin, Module, register, SourceMap } from 'node:module';

/** Where CommonJS packages that somebody looks for in `require.cache` put themselves when they are loaded, by their file. */
const LOADED = Symbol.for('ebb-bundle.loaded');

/** In the place of `import(name)`. */
export async function importByName(name: unknown, importer: string): Promise<unknown> {
  const file = fileOf(name, importer);
  if (file === undefined) {
    return import(String(name));
  }
  const namespace: unknown = await import(file.href);
  // Node shows what CommonJS exports by name beside the default.
  return isOfCommonJs(namespace) ? { ...Object(namespace.__commonJS), default: namespace.__commonJS } : namespace;
}

/** In the place of `createRequire`. */
export function createRequire(from: string | URL, importer: string): NodeJS.Require {
  const real = nodeCreateRequire(from);
  const byName = (name: string): unknown => {
    const module = loaded().get(name);
    if (module !== undefined) {
      return module.exports;
    }
    const file = fileOf(name, importer);
    const found: unknown = real(file === undefined ? name : fileURLToPath(file));
    return file !== undefined && isOfCommonJs(found) ? found.__commonJS : found;
  };
  const resolve = (name: string, options?: { paths?: string[] }) => {
    const file = fileOf(name, importer);
    return file === undefined ? real.resolve(name, options) : fileURLToPath(file);
  };
  return Object.assign(byName, real, {
    resolve: Object.assign(resolve, real.resolve),
    cache: new Proxy(real.cache, {
      ownKeys: (cache) => [...Reflect.ownKeys(cache), ...loaded().keys()],
      getOwnPropertyDescriptor: (cache, key) =>
        typeof key === 'string' && loaded().has(key)
          ? { configurable: true, enumerable: true, value: loaded().get(key) }
          : Reflect.getOwnPropertyDescriptor(cache, key),
    }),
  });
}

function loaded(): ReadonlyMap<string, { readonly exports: unknown }> {
  const found: unknown = Reflect.get(globalThis, LOADED);
  return found instanceof Map ? found : new Map();
}

function fileOf(name: unknown, importer: string): URL | undefined {
  const file = typeof name === 'string' ? (table[`${importer} ${name}`] ?? table[name]) : undefined;
  return file === undefined ? undefined : new URL(file, import.meta.url);
}

function isOfCommonJs(namespace: unknown): namespace is { readonly __commonJS: unknown } {
  return typeof namespace === 'object' && namespace !== null && '__commonJS' in namespace;
}
