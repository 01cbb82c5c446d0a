/** Makes the bundle: builds until no package is found by name that is not in it yet. */
import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build, type BuildResult, type Metafile } from 'esbuild';
import type { Findings } from './findings.js';
import { packageFolderOf, packageNameOf, type Project } from './packages.js';
import { projectPlugin } from './plugin.js';
import { ENTRY, FOR_COMPILE_CACHE, MAIN, virtualModules } from './virtual-modules.js';

/** Where it is made of, and where it goes. */
export interface Folders {
  /** What `nest build` has made. */
  readonly built: string;
  readonly output: string;
}

/** The files of a bundle, not written yet. */
export interface Bundle {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly metafile: Metafile;
  readonly findings: Findings;
}

/** Enough for every package that brings others by name which bring others. */
const MOST_PASSES = 10;

/** For CommonJS within ESM: what it takes for granted there. */
const BANNER = [
  `import { createRequire as __nodeCreateRequire } from 'node:module';`,
  `const require = __nodeCreateRequire(import.meta.url), { filename: __filename, dirname: __dirname } = import.meta;`,
].join('\n');

/** @throws Error of esbuild, whose `errors` say what could not be bundled. */
export async function bundle(project: Project, { built, output }: Folders): Promise<Bundle> {
  const findings: Findings = { byName: new Map(), looksExternal: new Map() };
  const realBuilt = realpathSync(built);
  let reached: ReadonlySet<string> | undefined;
  let outputs = new Map<string, string>();
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const result = await pack(outputs);
    reached ??= foldersIn(result.metafile, project.root);
    const wanted = filesByName(project, findings, reached);
    if (wanted.every((file) => outputs.has(file))) {
      const files = (result.outputFiles ?? []).map(({ path, text }) => ({ path, text }));
      return { files, metafile: result.metafile, findings };
    }
    outputs = new Map(wanted.map((file) => [file, `./${nameOf(file)}.js`]));
  }
  throw new Error(`Packages name others at run time without an end: ${[...findings.byName.keys()].join(', ')}`);

  async function pack(byName: ReadonlyMap<string, string>): Promise<BuildResult & { readonly metafile: Metafile }> {
    return build({
      absWorkingDir: realpathSync(project.root),
      entryPoints: [
        { in: MAIN, out: 'main' },
        { in: FOR_COMPILE_CACHE, out: 'for-compile-cache' },
        ...[...byName.keys()].map((file) => ({ in: `${ENTRY}${file}`, out: nameOf(file) })),
      ],
      outdir: output,
      write: false,
      metafile: true,
      bundle: true,
      platform: 'node',
      format: 'esm',
      // main.js hears signals before anything else is loaded, and what an application needs now and then is loaded then.
      splitting: true,
      target: 'node22.14',
      // Nest and Ebb go by the names of classes, and whoever reads a stack or a heap snapshot by those of functions.
      keepNames: true,
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: 'linked',
      sourcesContent: false,
      legalComments: 'none',
      banner: { js: BANNER },
      plugins: [virtualModules(realBuilt, byName, findings), projectPlugin(project, realBuilt, findings)],
      logLevel: 'silent',
    });
  }
}

/**
 * What gets a file of its own. A name that some package says is taken for one to load when that would not be in the bundle
 * otherwise, or is a package that another takes when it is installed.
 */
function filesByName({ all }: Project, { byName }: Findings, reached: ReadonlySet<string>): string[] {
  const optional = new Set(
    [...all.values()].flatMap(({ manifest }) =>
      Object.entries(manifest.peerDependenciesMeta ?? {}).flatMap(([name, meta]) =>
        meta.optional === true ? name : [],
      ),
    ),
  );
  const taken = [...byName.values()].filter(
    ({ key, file, isGuess }) =>
      !isGuess || optional.has(packageNameOf(key)) || !reached.has(packageFolderOf(file) ?? file),
  );
  return [...new Set(taken.map(({ file }) => file))];
}

/** The folders of the packages of which something is in a bundle. */
function foldersIn({ inputs }: Metafile, root: string): ReadonlySet<string> {
  return new Set(Object.keys(inputs).flatMap((input) => packageFolderOf(join(realpathSync(root), input)) ?? []));
}

/** The name of the file that a package reached by name gets, without its ending. */
function nameOf(file: string): string {
  const folder = packageFolderOf(file) ?? '';
  const name = folder.slice(folder.lastIndexOf('node_modules') + 'node_modules/'.length);
  return `by-name/${name}/${relative(folder, file).replaceAll(/\.[cm]?js(?:on)?$/g, '')}`.replaceAll(sep, '/');
}
