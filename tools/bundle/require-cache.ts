/** Packages that somebody looks for in `require.cache`, to find out whether they are loaded. Ebb does so for `prom-client`. */
const LOOKED_FOR = /[\\/]node_modules[\\/]prom-client[\\/]index\.js$/;

/** The text of a file with what shows it there: `runtime/by-name.ts` reads it. */
export function keptInCache(path: string, text: string): string {
  return LOOKED_FOR.test(path)
    ? `${text}\n(globalThis[Symbol.for('ebb-bundle.loaded')] ??= new Map()).set(${JSON.stringify(path)}, module);`
    : text;
}
