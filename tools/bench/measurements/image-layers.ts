/** The layers of an image, as `docker save` writes it: tar files in a tar file. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

export interface Layer {
  /** Its number, and what lies in it. */
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
}

interface Entry {
  readonly path: string;
  readonly content: Buffer;
  readonly isFile: boolean;
}

const BLOCK = 512;

const SHOWN_FOLDERS = 3;

/** @throws Error when it is no image that `docker save` has written. */
export async function layersOf(file: string): Promise<Layer[]> {
  const entries = new Map(entriesOf(await readFile(file)).map((entry) => [entry.path, entry.content]));
  const manifest = entries.get('manifest.json')?.toString();
  if (manifest === undefined) {
    throw new Error(`--image ${file} has no manifest.json in it. It must be what "docker save" writes.`);
  }
  const [{ Layers: names = [] } = {}] = JSON.parse(manifest) as { Layers?: string[] }[];
  return names.map((name, index) => {
    const content = entries.get(name);
    if (content === undefined) {
      throw new Error(`--image ${file} has no layer ${name}, which its manifest.json names.`);
    }
    const isGzip = content[0] === 0x1f && content[1] === 0x8b;
    return layer(index + 1, entriesOf(isGzip ? gunzipSync(content) : content));
  });
}

function layer(number: number, entries: readonly Entry[]): Layer {
  const files = entries.filter(({ isFile }) => isFile);
  const folders = new Set(files.map(({ path }) => `/${path.replace(/^\.?\//, '').split('/', 1)[0]}`));
  const shown = [...folders].slice(0, SHOWN_FOLDERS).join(' ');
  return {
    name: `${number} (${folders.size > SHOWN_FOLDERS ? `${shown} …` : shown})`,
    bytes: files.reduce((sum, { content }) => sum + content.length, 0),
    files: files.length,
  };
}

/** Reads a tar file. Long names are not put together: nobody looks for them here. */
function entriesOf(tar: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const text = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = sizeOf(tar.subarray(at + 124, at + 136));
    const [name, type, prefix] = [text(0, 100), text(156, 1), text(257, 5) === 'ustar' ? text(345, 155) : ''];
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    entries.push({ path: prefix === '' ? name : `${prefix}/${name}`, content, isFile: type === '0' || type === '' });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return entries;
}

/** Octal digits, or a number of bytes for what is larger than these can say. */
function sizeOf(field: Buffer): number {
  return (field[0] ?? 0) >= 0x80
    ? Number(field.readBigUInt64BE(4))
    : Number.parseInt(field.toString('latin1').replaceAll(/[\0 ]/g, ''), 8) || 0;
}
