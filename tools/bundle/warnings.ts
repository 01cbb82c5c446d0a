/** What a bundle may not do as the packages in `node_modules` did, and what to write then. */
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Bundle } from './bundle.js';
import { externalPackages } from './externals.js';
import { bundledPackages } from './licences.js';
import { packageFolderOf, type Project } from './packages.js';

/** Packages whose signs were looked at: what they stand for works, or needs a line that docs/image.md names. */
const KNOWN: ReadonlySet<string> = new Set([
  // Requires the engine of a template by its name.
  'express',
  // Start a worker thread for a transport.
  'pino',
  'thread-stream',
  // Reads the protocol of a gRPC service that is checked.
  '@nestjs/terminus',
  // Reads a certificate for a transport, and lists the files of its own package.
  '@nestjs/microservices',
]);

/** One sentence for each package. */
export function warnings(made: Bundle, project: Project): string[] {
  return [...signs(made, project), ...doubled(made, project)];
}

function signs({ metafile, findings }: Bundle, { root, all }: Project): string[] {
  const reasons = new Map<string, string[]>();
  for (const file of Object.keys(metafile.inputs).map((input) => join(realpathSync(root), input))) {
    const name = all.get(packageFolderOf(file) ?? '')?.name;
    if (name !== undefined && !KNOWN.has(name)) {
      const where = relative(packageFolderOf(file) ?? '', file);
      const found = (findings.looksExternal.get(file) ?? []).map((reason) => `${reason} (${where})`);
      reasons.set(name, [...(reasons.get(name) ?? []), ...found]);
    }
  }
  return [...reasons]
    .filter(([, why]) => why.length > 0)
    .map(
      ([name, why]) =>
        `the package "${name}" ${why.slice(0, 3).join(', and ')}. ` +
        `If that fails, leave it out of the bundle: "ebb": { "external": ["${name}"] } in package.json.`,
    );
}

/** A package beside the bundle that shares another with what is in it would have a second copy of that. */
function doubled({ metafile }: Bundle, project: Project): string[] {
  const bundled = new Set(bundledPackages(metafile, project).map(({ name }) => name));
  return externalPackages(project).flatMap(({ name, manifest }) =>
    Object.keys(manifest.peerDependencies ?? {})
      .filter((peer) => bundled.has(peer))
      .map(
        (peer) =>
          `"${name}" is external and has "${peer}" in common with the bundle, so there are two copies of that. ` +
          `Make the package external that it needs to be external for, or "${peer}" as well.`,
      ),
  );
}
