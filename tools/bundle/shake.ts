/** What keeps esbuild from leaving out the part of a package that an application does not use. */

/** zod's `z` is all of zod, with its messages in fifty languages, unless it is imported as what it is: the namespace. */
const ZOD = /\bimport\s*\{\s*z\s*\}\s*from\s*(['"]zod['"])/g;

/**
 * The text of an application's file with zod imported as a namespace, and without the question whether a namespace is there, which
 * decorators' metadata asks of a type such as `z.infer`, and which takes all of it as used.
 */
export function shakeable(text: string): string {
  const result = text.replaceAll(ZOD, 'import * as z from $1');
  return [...result.matchAll(/\bimport\s*\*\s*as\s+([\w$]+)\s+from\b/g)].reduce(
    (code, [, name = '']) => code.replaceAll(`typeof ${name} === "undefined" || typeof ${name}.`, `typeof ${name}.`),
    result,
  );
}
