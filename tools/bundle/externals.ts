/** Packages that the bundle leaves out, and that lie beside it in `node_modules` with what they need. */
import { cpSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageFolderOf, packageNameOf, type Package, type Project } from './packages.js';

/** What package.json calls external is not there to be left out; the message says what to write. */
export class ExternalError extends Error {}

export function isExternal(specifier: string, external: readonly string[]): boolean {
  return external.includes(packageNameOf(specifier));
}

/**
 * The packages that package.json calls external.
 *
 * @throws {@link ExternalError} for a name that production does not have.
 */
export function externalPackages({ manifest, all }: Project): Package[] {
  return (manifest.ebb?.external ?? []).map((name) => {
    const found = [...all.values()].filter((one) => one.name === name);
    // Beside the bundle there is room for one.
    const [first] = found.toSorted((a, b) => a.folder.length - b.folder.length);
    if (first === undefined) {
      throw new ExternalError(
        `package.json calls "${name}" external (ebb.external), but production has no such package. ` +
          `Correct the name, or run "npm install --save-prod ${name}".`,
      );
    }
    return first;
  });
}

/** Copies them with all that they need, each to where it lay; returns what was copied. */
export function copyExternals(project: Project, output: string): Package[] {
  const needed = new Set<Package>();
  const visit = (one: Package): void => {
    if (!needed.has(one)) {
      needed.add(one);
      one.dependencies.forEach(visit);
    }
  };
  externalPackages(project).forEach(visit);
  for (const { folder } of needed) {
    const target = join(output, relative(project.root, folder));
    // Those that lie within it are needed themselves, or not at all.
    cpSync(folder, target, {
      recursive: true,
      dereference: true,
      filter: (file) => packageFolderOf(file) === packageFolderOf(folder) || !existsSync(join(file, 'package.json')),
    });
  }
  return [...needed];
}
