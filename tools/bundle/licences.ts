/** The licences of what is bundled: most of them ask to be where a copy of the code is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { packageFolderOf, type Manifest, type Package, type Project } from './packages.js';

/** The packages of which some code is in the bundle, by name. */
export function bundledPackages({ outputs }: Metafile, { root, all }: Project): Package[] {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [join(root, file)] : [])),
  );
  const folders = new Set(files.flatMap((file) => packageFolderOf(file) ?? []));
  return [...folders].flatMap((folder) => all.get(folder) ?? []).toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** One text for all. A package that says nothing of a licence is named as such. */
export function licencesOf(packages: readonly Package[]): string {
  return [
    `The licences of the ${packages.length} packages whose code is in this bundle.`,
    ...packages.map((one) => {
      const text = licenceText(one.folder);
      return [
        `${one.name} ${one.manifest.version ?? ''}`.trim(),
        `Licence: ${licenceOf(one.manifest) ?? 'NONE IS NAMED in its package.json'}`,
        text ?? 'It brings no text of its licence.',
      ].join('\n\n');
    }),
  ].join(`\n\n${'-'.repeat(80)}\n\n`);
}

function licenceOf({ license, licenses }: Manifest): string | undefined {
  const named = [license, licenses].flat().flatMap((one): string[] => {
    const name: unknown = typeof one === 'object' && one !== null && 'type' in one ? one.type : one;
    return typeof name === 'string' && name !== '' ? [name] : [];
  });
  return named.length === 0 ? undefined : named.join(', ');
}

function licenceText(folder: string): string | undefined {
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').trim());
  return texts.length === 0 ? undefined : texts.join('\n\n');
}
