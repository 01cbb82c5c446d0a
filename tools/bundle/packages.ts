/** Which packages production has: what `npm ci --omit=dev` would install, read off `node_modules`. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const names = z.record(z.string(), z.string()).optional();

const manifest = z.object({
  name: z.string(),
  version: z.string().optional(),
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  type: z.string().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().optional() })).optional(),
  ebb: z.object({ external: z.array(z.string()).optional() }).optional(),
});

/** What is read of a package.json. */
export type Manifest = z.infer<typeof manifest>;

/** A package as it lies in `node_modules`. */
export interface Package {
  readonly name: string;
  /** Where it was found, below the project's `node_modules`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The packages that it finds under its dependencies' names. */
  readonly dependencies: readonly Package[];
}

/** The project, and every package that it needs to run. */
export interface Project {
  readonly root: string;
  readonly manifest: Manifest;
  /** Those that package.json itself names. */
  readonly direct: ReadonlyMap<string, Package>;
  /** All of them, by real folder. */
  readonly all: ReadonlyMap<string, Package>;
}

/** @throws Error when the project's package.json cannot be read or understood. */
export function readProject(root: string): Project {
  const own = read(join(root, 'package.json'));
  const all = new Map<string, Package>();
  const direct = namesOf(own).flatMap((name) => visit(name, root, all) ?? []);
  return { root, manifest: own, direct: new Map(direct.map((found) => [found.name, found])), all };
}

/** The folder of the package that a file is part of, as both have it; undefined for a file of the project itself. */
export function packageFolderOf(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

/** `@scope/name` of `@scope/name/sub/path`. */
export function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function visit(name: string, from: string, all: Map<string, Package>): Package | undefined {
  const folder = find(name, from);
  if (folder === undefined) {
    return undefined;
  }
  const real = realpathSync(folder);
  const known = all.get(real);
  if (known !== undefined) {
    return known;
  }
  const own = read(join(folder, 'package.json'));
  const dependencies: Package[] = [];
  const found = { name, folder, manifest: own, dependencies };
  // Before its dependencies, which may lead back to it.
  all.set(real, found);
  dependencies.push(...namesOf(own).flatMap((dependency) => visit(dependency, folder, all) ?? []));
  return found;
}

/** An optional peer is there only when somebody else names it. */
function namesOf({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: Manifest): string[] {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true);
  return [...new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])];
}

/** As Node looks it up: in the `node_modules` of the folder and of those above it. */
function find(name: string, from: string): string | undefined {
  for (const start of new Set([from, realpathSync(from)])) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, 'node_modules', name);
      if (existsSync(join(candidate, 'package.json'))) {
        return candidate;
      }
      if (folder === dirname(folder)) {
        break;
      }
    }
  }
  return undefined;
}

function read(file: string): Manifest {
  try {
    return manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} cannot be understood: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
