/**
 * Makes one bundle of the built application and of the packages it needs: `npm run bundle`.
 *
 * It is made of what `nest build` has made, because of the metadata of decorators, which esbuild does not make.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BuildFailure } from 'esbuild';
import { bundle } from './bundle.js';
import { withCheapNames } from './cheap-names.js';
import { withoutNamedClosures } from './closures.js';
import { copyExternals, ExternalError, externalPackages } from './externals.js';
import { bundledPackages, licencesOf } from './licences.js';
import { readProject } from './packages.js';
import { thinMap } from './thin-map.js';
import { warnings } from './warnings.js';

const { values } = parseArgs({
  options: { project: { type: 'string', default: '.' }, output: { type: 'string', default: 'dist-bundle' } },
});

const root = resolve(values.project);
const output = resolve(root, values.output);
const built = join(root, 'dist');

try {
  await make();
} catch (error) {
  process.stderr.write(`Cannot make the bundle: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}

async function make(): Promise<void> {
  if (!existsSync(join(built, 'main.js'))) {
    throw new Error(`there is no ${join(built, 'main.js')}. Run "npm run build" first.`);
  }
  const project = readProject(root);
  // Before anything is built: a wrong name is quicker to correct than to find in what it leads to.
  externalPackages(project);
  const made = await bundle(project, { built, output });
  const packages = bundledPackages(made.metafile, project);
  rmSync(output, { recursive: true, force: true });
  for (const { path, text } of made.files) {
    write(path, path.endsWith('.map') ? thinMap(text) : codeOf(text));
  }
  if (!made.files.some(({ text }) => withCheapNames(text) !== undefined)) {
    throw new Error('esbuild keeps names in another way than it did. Mend tools/bundle/cheap-names.ts.');
  }
  copyAssets();
  const externals = copyExternals(project, output);
  cpSync(new URL('runtime/make-compile-cache.js', import.meta.url), join(output, 'make-compile-cache.js'));
  const { name, version } = project.manifest;
  write(
    join(output, 'package.json'),
    `${JSON.stringify({ name, version, private: true, type: 'module' }, undefined, 2)}\n`,
  );
  write(join(output, 'LICENCES.txt'), `${licencesOf(packages)}\n`);
  for (const warning of warnings(made, project)) {
    process.stderr.write(`Warning: ${warning}\n`);
  }
  const bytes = made.files.reduce((sum, { text }) => sum + text.length, 0);
  process.stdout.write(
    `${relative('', output)}: ${packages.length} packages in ${(bytes / 1e6).toFixed(1)} MB, ${externals.length} beside it\n`,
  );
}

function codeOf(text: string): string {
  return withoutNamedClosures(withCheapNames(text) ?? text);
}

/** What the build has copied to lie beside the application's code, and what is read from there. */
function copyAssets(): void {
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !/\.(?:[cm]?js|map|d\.[cm]?ts|tsbuildinfo)$/.test(entry.name)) {
      cpSync(file, join(output, relative(built, file)));
    }
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function reasonOf(error: unknown): string {
  if (isBuildFailure(error)) {
    return error.errors
      .map(({ text, location }) => (location === null ? text : `${location.file}:${location.line}: ${text}`))
      .join('\n');
  }
  return error instanceof ExternalError || error instanceof Error ? error.message : String(error);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}
