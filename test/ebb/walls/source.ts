import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';

export interface Source {
  /** From the project's root, with slashes: `src/ebb/health/readiness.ts`. */
  readonly path: string;
  readonly text: string;
}

/** What of a source stands on the wrong side; empty when nothing does. */
export type Wall = (source: Source) => string[];

const root = join(import.meta.dirname, '../../..');

/** All of them but this folder's, which is full of offenders. */
export function sources(): Source[] {
  return ['src', 'test', 'tools']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
    )
    .filter((path) => path.endsWith('.ts') && !path.includes(join('ebb', 'walls')))
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(root, path), 'utf8') }));
}

/** A comment may name what the code may not. Strings are matched too, so that a glob in one opens no comment. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_match, string: string | undefined) => string ?? ' ',
  );
}

export function matches(text: string, pattern: RegExp): string[] {
  return [...withoutComments(text).matchAll(pattern)].map(([match]) => match);
}

export function imports(text: string): string[] {
  const specifiers = withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*(['"`])([^'"`]+)\1/g);
  return [...specifiers].flatMap(([, , specifier]) => specifier ?? []);
}

/** The files of this project that a source imports; `#ebb` stands for itself. */
export function targetsOf({ path, text }: Source): string[] {
  return imports(text)
    .filter((specifier) => specifier.startsWith('.') || specifier.startsWith('#'))
    .map((specifier) =>
      specifier.startsWith('#') ? specifier : posix.normalize(posix.join(posix.dirname(path), specifier)),
    );
}
