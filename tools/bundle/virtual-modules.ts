/** Modules of the bundle that no file holds. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OnResolveResult, Plugin } from 'esbuild';
import type { Findings } from './findings.js';
import { BY_NAME } from './rewrite.js';

/** The entry point for a file that is reached by name. */
export const ENTRY = 'ebb-bundle:entry:';

/** The entry point that `runtime/make-compile-cache.ts` starts. */
export const FOR_COMPILE_CACHE = 'ebb-bundle:for-compile-cache';

/** The entry point that the pod runs. */
export const MAIN = 'ebb-bundle:main';

const TABLE = 'ebb-bundle:table';
/** The file that is {@link BY_NAME}. */
export const RUNTIME = fileURLToPath(new URL('runtime/by-name.js', import.meta.url));

/** Node reads the source map of a file only while it loads the file: so before `src/main.ts`, which is told again by then. */
const WITH_SOURCE_MAPS = `process.setSourceMapsEnabled(true); await import('./main.js');`;

/**
 * Stands for `node:http` in ESM. Node reads each of its exports when ESM imports it, and one of them is the WebSocket of undici, which
 * takes a tenth of the whole start to load and is needed by few.
 */
const HTTP = `module.exports = process.getBuiltinModule('node:http');`;

const HTTP_MODULE = 'ebb-bundle:http';

/** Loads `src/app.ts`, for so long as may be, and serves Ebb alone. */
const START_ALONE = `
import { setTimeout } from 'node:timers/promises';
import { start } from './ebb/start.js';
const tell = (error) => process.stderr.write('src/app.ts cannot be loaded here, and is cached in part: ' + error + '\\n');
await start(async () => {
  await Promise.race([import('./app.js').catch(tell), setTimeout(10_000)]);
  const { defineApp } = await import('./ebb/index.js');
  return { default: defineApp({}) };
});`;

/**
 * @param built the folder of the compiled application
 * @param outputs where each file that is reached by name is written to, as a URL relative to the bundle
 */
export function virtualModules(built: string, outputs: ReadonlyMap<string, string>, findings: Findings): Plugin {
  return {
    name: 'ebb-virtual-modules',
    setup(build) {
      const filter = /.*/;
      build.onResolve({ filter: /^ebb-bundle:/ }, ({ path }) => virtual(path));
      build.onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
        kind === 'import-statement' ? { path: HTTP_MODULE, namespace: HTTP_MODULE } : undefined,
      );
      build.onLoad({ filter, namespace: HTTP_MODULE }, () => ({ contents: HTTP }));
      build.onLoad({ filter, namespace: TABLE }, () => ({ contents: tableOf(findings, outputs) }));
      build.onLoad({ filter, namespace: ENTRY }, ({ path }) => ({ contents: entryOf(path), resolveDir: built }));
      build.onLoad({ filter, namespace: MAIN }, () => ({ contents: WITH_SOURCE_MAPS, resolveDir: built }));
      build.onLoad({ filter, namespace: FOR_COMPILE_CACHE }, () => ({ contents: START_ALONE, resolveDir: built }));
    },
  };
}

function virtual(path: string): OnResolveResult {
  if (path.startsWith(ENTRY)) {
    return { path: path.slice(ENTRY.length), namespace: ENTRY };
  }
  return path === BY_NAME ? { path: RUNTIME } : { path, namespace: path };
}

function tableOf({ byName }: Findings, outputs: ReadonlyMap<string, string>): string {
  const rows = [...byName.values()].flatMap(({ key, file }) => {
    const output = outputs.get(file);
    return output === undefined ? [] : [[key, output]];
  });
  return `export const table = ${JSON.stringify(Object.fromEntries(rows))};`;
}

/** Of CommonJS with what it has put into `module.exports`, for {@link RUNTIME}. */
function entryOf(file: string): string {
  const path = JSON.stringify(file);
  if (!isModule(file)) {
    return `export const __commonJS = require(${path});`;
  }
  const text = readFileSync(file, 'utf8');
  const hasDefault = /\bexport\s+default\b|\bas\s+default\b|\bexport\s*\{\s*default\b/.test(text);
  return `export * from ${path};${hasDefault ? `\nexport { default } from ${path};` : ''}`;
}

/** Whether a file is ESM, as Node tells. */
export function isModule(file: string): boolean {
  if (!file.endsWith('.js')) {
    return file.endsWith('.mjs');
  }
  const manifest = findPackageJSON(pathToFileURL(file));
  const type = manifest === undefined ? undefined : /"type"\s*:\s*"(\w+)"/.exec(readFileSync(manifest, 'utf8'))?.[1];
  return type === undefined ? /^\s*(?:import|export)\b/m.test(readFileSync(file, 'utf8')) : type === 'module';
}
