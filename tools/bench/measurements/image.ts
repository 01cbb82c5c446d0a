/** How large what is shipped is: the bundle, what it stands for, and the layers of an image. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column, Measured, Sample } from '../result.js';
import { BUNDLE } from '../subjects.js';
import type { Bench } from './bench.js';
import { layersOf } from './image-layers.js';

const COLUMNS: readonly Column[] = [
  { key: 'bytes', title: 'size', unit: 'bytes' },
  { key: 'files', title: 'files', unit: 'count' },
];

const KINDS: readonly (readonly [string, (name: string) => boolean])[] = [
  ['code', (name) => name.endsWith('.js')],
  ['source maps', (name) => name.endsWith('.map')],
  ['all else', (name) => !/\.(?:js|map)$/.test(name)],
];

interface Size {
  readonly bytes: number;
  readonly files: number;
}

export async function measureImage({ options, display }: Bench): Promise<Measured> {
  display.status('Image: files are counted');
  const notes: string[] = [];
  const sizes: [string, Size][] = [['node_modules, without development’s', await productionModules()]];
  if (existsSync('dist')) {
    sizes.push(['dist', await sizeOf('dist')]);
  }
  if (existsSync(BUNDLE)) {
    sizes.push([BUNDLE, await sizeOf(BUNDLE)]);
    for (const [kind, isOf] of KINDS) {
      sizes.push([`${BUNDLE}: ${kind}`, await sizeOf(BUNDLE, isOf)]);
    }
  } else {
    notes.push(`There is no ${BUNDLE}, which npm run bundle makes.`);
  }
  if (options.image !== undefined) {
    const layers = await layersOf(options.image);
    layers.forEach(({ name, bytes, files }) => sizes.push([`layer ${name}`, { bytes, files }]));
    const total = layers.reduce((sum, { bytes, files }) => ({ bytes: sum.bytes + bytes, files: sum.files + files }), {
      bytes: 0,
      files: 0,
    });
    sizes.push(['image', total]);
    notes.push(`Layers of ${options.image}, unpacked, as files.`);
  }
  const samples = sizes.map(([name, { bytes, files }]): Sample => ({
    subject: 'ebb',
    round: 0,
    case: name,
    figures: { bytes, files },
  }));
  return { name: 'image', title: 'Image', notes, columns: COLUMNS, samples };
}

/** A file, or a folder with all that is in it. */
async function sizeOf(path: string, isCounted: (name: string) => boolean = () => true): Promise<Size> {
  const entry = await stat(path);
  if (!entry.isDirectory()) {
    return { bytes: entry.size, files: 1 };
  }
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile() && isCounted(name.name));
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return { bytes: sizes.reduce((sum, one) => sum + one, 0), files: files.length };
}

/**
 * What `npm ci --omit=dev` installs, read from the lock, because the folder itself holds everything. npm installs what is optional for
 * production even where it is there for development alone.
 */
async function productionModules(): Promise<Size> {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const paths = Object.entries(packages).flatMap(([path, { dev }]) =>
    path === '' || dev === true || !existsSync(path) ? [] : [path],
  );
  // What lies in a package that is counted already is counted with it.
  const outermost = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
  const sizes = await Promise.all(outermost.map((path) => sizeOf(path)));
  return sizes.reduce((sum, { bytes, files }) => ({ bytes: sum.bytes + bytes, files: sum.files + files }), {
    bytes: 0,
    files: 0,
  });
}
