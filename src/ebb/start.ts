import { refusalTo } from './lifecycle/before-ready.js';
import { Signals } from './lifecycle/signals.js';
import type { LoadApp } from './run.js';

/**
 * The whole of `src/main.ts`: hears signals from here on, and then loads, builds and serves the application.
 *
 * It imports nothing heavy, and takes the application as a function, because Node and Nest need a second to load and a
 * signal that arrives meanwhile must not be lost.
 *
 * @param load imports `src/app.ts`, whose default export is what `defineApp` returns. When that fails, or the start does,
 *   the process exits with 1 after one line that says why.
 */
export async function start(load: LoadApp): Promise<void> {
  const signals = new Signals();
  // Before the sources are loaded: Node reads a file's source map only while it loads the file. A stack then shows lines of
  // TypeScript, however the process was started.
  process.setSourceMapsEnabled(true);
  const { run } = await import('./run.js').catch((error: unknown) => refusalTo(stderr, true)(error));
  await run(load, signals);
}

/** Where a package of Ebb's own is missing, so that there may be no logger either. */
const stderr = {
  fatal: (fields: object, msg: string) =>
    process.stderr.write(`${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), ...fields, msg })}\n`),
};
