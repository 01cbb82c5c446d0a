/** What is changed in the text of a module, so that names that are known only at run time lead into the bundle. */

/** The module that stands for `node:module` in files with `createRequire`, and that has `importByName`. */
export const BY_NAME = 'ebb-bundle:by-name';

/** Where a module stands. */
export interface Place {
  /** From the project's root, with `/`. */
  readonly path: string;
  /** Of an application's file: where it lies from the folder of the bundle, which is where its assets are copied to. */
  readonly asset?: string;
  /** What it imports by `import()` and is CommonJS: esbuild gives such a module no names beside its default. */
  readonly commonJs?: readonly string[];
}

const CREATE_REQUIRE = /\bcreateRequire\(\s*import\.meta\.url\s*\)/g;

/** Not within a string that is code itself, as in `new Function('return import(file)')`. */
const IMPORT_BY_NAME = /(?<!['"`]return )(?<![\w$.])import\(\s*([A-Za-z_$][\w$.]*)\s*\)/g;

const DYNAMIC_IMPORT = /(?<![\w$.])import\(\s*(['"])([^'"]+)\1\s*\)/g;

/** Of the application's own files: in one bundle every module has the same `import.meta`. */
const META = /\bimport\.meta\.(url|dirname|filename)\b/g;

/** Whether a module gets {@link BY_NAME} for `node:module`. */
export function usesCreateRequire(text: string): boolean {
  return text.search(CREATE_REQUIRE) !== -1;
}

/** The text that is bundled in the place of `text`. */
export function rewrite(text: string, { path, asset, commonJs = [] }: Place): string {
  const importer = JSON.stringify(path);
  let result = text.replaceAll(CREATE_REQUIRE, `createRequire(import.meta.url, ${importer})`);
  let needsImport = false;
  result = result.replaceAll(IMPORT_BY_NAME, (_match, name: string) => {
    needsImport = true;
    return `__importByName(${name}, ${importer})`;
  });
  result = result.replaceAll(DYNAMIC_IMPORT, (match, _quote: string, name: string) => {
    needsImport ||= commonJs.includes(name);
    return commonJs.includes(name) ? `__importByName(${JSON.stringify(name)}, ${importer})` : match;
  });
  if (asset !== undefined) {
    result = result.replaceAll(META, (_match, part: string) => metaOf(part, asset));
  }
  if (needsImport) {
    // Behind everything else, so that no line moves and a "use strict" stays first.
    result += isCommonJs(text)
      ? `\nfunction __importByName(...args) { return import('${BY_NAME}').then((it) => it.importByName(...args)); }`
      : `\nimport { importByName as __importByName } from '${BY_NAME}';`;
  }
  return result;
}

/** What a module imports by `import()`, whose name a bundler sees. */
export function importedLater(text: string): string[] {
  // A type in a comment is no import.
  const code = text.replaceAll(/\/\*\*[^]*?\*\/|^\s*(?:\/\/|\*).*$/gm, '');
  return [...new Set([...code.matchAll(DYNAMIC_IMPORT)].map(([, , name = '']) => name))];
}

/** The names that a module gives to a `require` that it has made. */
export function requiredByName(text: string): string[] {
  const makers = [...text.matchAll(/\b(?:const|let|var)\s+([\w$]+)\s*=\s*createRequire\(\s*import\.meta\.url\s*\)/g)];
  const callees = [
    String.raw`createRequire\(\s*import\.meta\.url\s*\)`,
    ...makers.map(([, name = '']) => String.raw`(?<![\w$.])${name.replaceAll('$', String.raw`\$`)}`),
  ];
  const calls = new RegExp(String.raw`(?:${callees.join('|')})(?:\.resolve)?\(\s*(['"])([^'"]+)\1`, 'g');
  return [...new Set([...text.matchAll(calls)].map(([, , name = '']) => name))];
}

/** Which of `names`, or what lies below them, stands in a module as a string, and not as what it imports. */
export function namedAsText(text: string, names: readonly string[]): string[] {
  if (names.length === 0) {
    return [];
  }
  const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
  const strings = new RegExp(String.raw`(?<!from\s*|import\s*|\(\s*)(['"\`])((?:${escaped})(?:/[\w./-]+)?)\1`, 'g');
  const first = new RegExp(String.raw`\b(?!import|require)[\w$]+\(\s*(['"\`])((?:${escaped})(?:/[\w./-]+)?)\1`, 'g');
  return [...new Set([...text.matchAll(strings), ...text.matchAll(first)].map(([, , name = '']) => name))];
}

function metaOf(part: string, asset: string): string {
  const url = `new URL(${JSON.stringify(asset)}, import.meta.url)`;
  if (part === 'url') {
    return `${url}.href`;
  }
  const path = `decodeURIComponent(${url}.pathname)`;
  return part === 'filename' ? path : `${path}.replace(/\\/[^/]*$/, '')`;
}

function isCommonJs(text: string): boolean {
  return !/^\s*(?:import|export)\b/m.test(text);
}
