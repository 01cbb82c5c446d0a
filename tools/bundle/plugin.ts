/** How esbuild sees the project: production's packages and no others, and names that are known only at run time. */
import { readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, sep } from 'node:path';
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { isExternal } from './externals.js';
import type { Findings } from './findings.js';
import { looksExternal } from './looks-external.js';
import { packageFolderOf, packageNameOf, type Project } from './packages.js';
import { importedLater, namedAsText, requiredByName, rewrite, usesCreateRequire } from './rewrite.js';
import { keptInCache } from './require-cache.js';
import { shakeable } from './shake.js';
import { isModule, RUNTIME } from './virtual-modules.js';

const MISSING = 'ebb-bundle:missing';

/** How a module speaks of another. */
interface Mention {
  /** Absent for a name that is looked up from the project's root. */
  readonly importer?: string;
  readonly kind: 'require-call' | 'dynamic-import';
  readonly isGuess?: boolean;
}

/** Given to resolve() by the plugin itself. */
const PLAIN = Symbol('plain');

/**
 * @param built the folder of the compiled application
 * @param findings where it writes down what it finds
 */
export function projectPlugin(project: Project, built: string, findings: Findings): Plugin {
  const { root, direct, all, manifest } = project;
  const external = manifest.ebb?.external ?? [];
  const named = [...direct.keys()].filter((name) => !isExternal(name, external));

  return {
    name: 'ebb-project',
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?module$/ }, (args) => nodeModule(args));
      build.onResolve({ filter: /^\.\.?\/.*\.node$/ }, (args) => native(build, args));
      build.onResolve({ filter: /^[^./#]/ }, (args) => bare(build, args));
      build.onLoad({ filter: /.*/, namespace: MISSING }, ({ path }) => ({ contents: path }));
      build.onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => source(build, path));
    },
  };

  async function bare(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const { path, kind, importer, resolveDir } = args;
    if (args.pluginData === PLAIN || kind === 'entry-point' || isBuiltin(path)) {
      return undefined;
    }
    if (isExternal(path, external)) {
      return { path, external: true };
    }
    const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: PLAIN });
    if (found.errors.length === 0 && isOfProduction(found.path)) {
      return found.path.endsWith('.node') ? { errors: [{ text: nativeText(found.path, importer) }] } : found;
    }
    if (packageFolderOf(importer) === undefined && kind === 'import-statement') {
      const name = packageNameOf(path);
      const why = found.errors.length > 0 ? 'is not installed' : 'is a development dependency, which no image has';
      return { errors: [{ text: `"${path}" ${why}. Run "npm install --save-prod ${name}".` }] };
    }
    // As Node says it, when it is asked for: many packages try, and do without.
    const text = `Cannot find package '${packageNameOf(path)}' imported from ${shown(importer)}`;
    const code = kind === 'require-call' ? 'MODULE_NOT_FOUND' : 'ERR_MODULE_NOT_FOUND';
    return {
      path: `throw Object.assign(new Error(${JSON.stringify(text)}), { code: '${code}' });`,
      namespace: MISSING,
    };
  }

  function isOfProduction(file: string): boolean {
    const folder = packageFolderOf(file);
    return folder === undefined || all.has(folder);
  }

  async function native(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const { path, kind, importer, resolveDir } = args;
    const found =
      args.pluginData === PLAIN
        ? undefined
        : await build.resolve(path, { kind, importer, resolveDir, pluginData: PLAIN });
    // Most packages try several, and those that are not there are none.
    return found?.errors.length === 0 ? { errors: [{ text: nativeText(found.path, importer) }] } : undefined;
  }

  function nativeText(file: string, importer: string): string {
    const folder = packageFolderOf(importer) ?? packageFolderOf(file) ?? '';
    const binary = folder.slice(folder.lastIndexOf('node_modules') + 'node_modules/'.length);
    // Which names those for every platform as optional dependencies, and finds the one that is there.
    const loader = [...all.values()].find((one) => one.manifest.optionalDependencies?.[binary] !== undefined);
    const name = loader?.name ?? binary;
    return (
      `${shown(file)} is native code, which no bundle can hold. ` +
      `Leave its package out: "ebb": { "external": ["${name}"] } in package.json.`
    );
  }

  async function source(build: PluginBuild, path: string): Promise<OnLoadResult | undefined> {
    if (path === RUNTIME) {
      return undefined;
    }
    const text = readFileSync(path, 'utf8');
    const place = shown(path);
    const isOwn = path.startsWith(`${built}${sep}`);
    await Promise.all(requiredByName(text).map((name) => note(build, name, { importer: path, kind: 'require-call' })));
    const later = await Promise.all(
      importedLater(text).map((name) => note(build, name, { importer: path, kind: 'dynamic-import' })),
    );
    // A package that says its own name does not load itself.
    const others = namedAsText(text, named).filter(
      (name) => packageFolderOf(path)?.endsWith(`node_modules/${packageNameOf(name)}`) !== true,
    );
    await Promise.all(others.map((name) => note(build, name, { kind: 'dynamic-import', isGuess: !isOwn })));
    const reasons = isOwn ? [] : looksExternal(text);
    if (reasons.length > 0) {
      findings.looksExternal.set(path, reasons);
    }
    const asset = isOwn ? { asset: `./${relative(built, path).replaceAll(sep, '/')}` } : {};
    const commonJs = later.filter((name) => name !== undefined);
    const contents = keptInCache(path, rewrite(isOwn ? shakeable(text) : text, { path: place, ...asset, commonJs }));
    return contents === text ? undefined : { contents, loader: 'js', resolveDir: dirname(path) };
  }

  /** Writes down what has to have a file of its own; resolves with the name then. */
  async function note(build: PluginBuild, name: string, { importer, kind, isGuess = false }: Mention) {
    if (isBuiltin(name) || isExternal(name, external)) {
      return undefined;
    }
    const resolveDir = importer === undefined ? root : dirname(importer);
    const found = await build.resolve(name, { kind, resolveDir, pluginData: PLAIN, ...(importer ? { importer } : {}) });
    // Of what is imported by a name that esbuild sees it makes a file by itself, and a good one of ESM.
    const isSeen = importer !== undefined && kind === 'dynamic-import';
    if (found.errors.length > 0 || !isOfProduction(found.path) || (isSeen && isModule(found.path))) {
      return undefined;
    }
    const key = importer === undefined ? name : `${shown(importer)} ${name}`;
    const known = findings.byName.get(key);
    findings.byName.set(key, { key, file: found.path, isGuess: isGuess && known?.isGuess !== false });
    return name;
  }

  function shown(file: string): string {
    return relative(realpathSync(root), file).replaceAll(sep, '/');
  }
}

function nodeModule({ kind, importer }: OnResolveArgs): OnResolveResult | undefined {
  const isAsked = kind === 'import-statement' && importer !== RUNTIME && importer !== '';
  return isAsked && usesCreateRequire(readFileSync(importer, 'utf8')) ? { path: RUNTIME } : undefined;
}
