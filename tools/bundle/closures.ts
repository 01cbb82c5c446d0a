/** Closures without esbuild's helper for names: they are made for every request, and have the names that they are given by where they stand. */
import ts from 'typescript';

/** What esbuild calls for `keepNames`. */
const HELPER = '__name';

/**
 * The text of a bundle's file in which functions within functions are not named by a call. What is taken away is replaced by
 * blanks, so that the source map stays right.
 */
export function withoutNamedClosures(text: string): string {
  const file = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const blanks: (readonly [from: number, to: number])[] = [];
  const visit = (node: ts.Node, isWithin: boolean): void => {
    if (isWithin && ts.isCallExpression(node) && isNaming(node)) {
      const [named, name] = node.arguments;
      blanks.push([node.expression.getStart(file), node.expression.end], [named.end, name.end]);
    }
    ts.forEachChild(node, (child) => visit(child, isWithin || ts.isFunctionLike(node)));
  };
  visit(file, false);
  const parts: string[] = [];
  let at = 0;
  for (const [from, to] of blanks.toSorted(([a], [b]) => a - b)) {
    parts.push(text.slice(at, from), ' '.repeat(to - from));
    at = to;
  }
  return [...parts, text.slice(at)].join('');
}

type Naming = ts.CallExpression & { readonly arguments: readonly [named: ts.Expression, name: ts.StringLiteralLike] };

/** A function or arrow function, or a variable that has the name already. Not a class: Nest and Ebb go by their names. */
function isNaming(call: ts.CallExpression): call is Naming {
  const [named, name] = call.arguments;
  if (!ts.isIdentifier(call.expression) || call.expression.text !== HELPER || named === undefined) {
    return false;
  }
  if (name === undefined || !ts.isStringLiteralLike(name)) {
    return false;
  }
  return (
    ts.isArrowFunction(named) || ts.isFunctionExpression(named) || (ts.isIdentifier(named) && named.text === name.text)
  );
}
