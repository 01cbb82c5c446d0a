/**
 * Runs while the image is built, in a container of the same Node, user and folder as the pod's: makes Node's compile cache, and
 * fails when a start does not use it then. `node make-compile-cache.js FOLDER`.
 *
 * It serves Ebb without the application's modules: their providers may connect to what is not there. `src/app.ts` is loaded and no
 * more.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** All of one run. */
const CEILING_MS = 60_000;

const here = import.meta.dirname;
const program = join(here, 'for-compile-cache.js');
const cache = resolve(process.argv[2] ?? 'compile-cache');

await serve({});
const debugged = await serve({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
const read = filesOf(debugged, /reading cache from \S+ for ESM (file:\S+?)\.\.\./g);
const accepted = filesOf(debugged, /code cache for ESM (file:\S+) was accepted/g);
const refused = [...read].filter((file) => !accepted.has(file));
if (accepted.size === 0 || refused.length > 0) {
  throw new Error(`The compile cache in ${cache} is not used for ${refused.join(', ') || 'any file'}:\n${debugged}`);
}
// Node writes them for their owner alone, and in the image they are root's, so that no pod can change them.
for (const file of filesIn(cache)) {
  chmodSync(file, 0o644);
}
// Only what runs stays in the image.
for (const file of [program, fileURLToPath(import.meta.url)]) {
  rmSync(file);
  rmSync(`${file}.map`, { force: true });
}
const bytes = filesIn(cache).reduce((sum, file) => sum + statSync(file).size, 0);
process.stdout.write(`${cache}: ${(bytes / 1e6).toFixed(1)} MB for ${accepted.size} files, and a start uses it\n`);

/** Starts, asks what is asked first, and leaves as a pod does: the cache is written at a clean exit. Resolves with what Node said. */
async function serve(env: Readonly<Record<string, string>>): Promise<string> {
  const { KUBERNETES_SERVICE_HOST: _, ...own } = process.env;
  const child = spawn(process.execPath, [program], {
    env: { ...own, NODE_COMPILE_CACHE: cache, PORT: '0', MANAGEMENT_PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CEILING_MS,
  });
  const said = text(child.stderr);
  const exited = once(child, 'exit');
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // Node's own lines come between, some of them without an end.
    log.push(line);
    const ready = /\{.*"event":"startup\.complete".*"port":(\d+),"managementPort":(\d+)/.exec(line);
    if (ready !== null) {
      await Promise.all([ask(ready[1], '/'), ask(ready[2], '/readyz'), ask(ready[2], '/metrics')]);
      child.kill('SIGTERM');
    }
  }
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  const errors = await said;
  if (code !== 0) {
    throw new Error(`Ebb did not start and leave (${signal ?? code}):\n${log.join('\n')}\n${errors}`);
  }
  return `${log.join('\n')}\n${errors}`;
}

async function ask(port: string | undefined, path: string): Promise<void> {
  await new Promise((settle, fail) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => response.resume().on('end', settle)).on(
      'error',
      fail,
    );
  });
}

/** The bundle's own files that a pattern finds. */
function filesOf(said: string, pattern: RegExp): Set<string> {
  const folder = pathToFileURL(here).href;
  return new Set([...said.matchAll(pattern)].map(([, file = '']) => file).filter((file) => file.startsWith(folder)));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
