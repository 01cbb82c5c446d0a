import { describe, expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';
import { runInNewContext } from 'node:vm';
import { withCheapNames } from './cheap-names.js';

/** As the bundler calls esbuild. */
function built(source: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents: source },
    write: false,
    bundle: true,
    format: 'iife',
    globalName: 'made',
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    target: 'node22.14',
  });
  return outputFiles[0]?.text ?? '';
}

function namesIn(text: string): unknown {
  return runInNewContext(
    `${text};JSON.stringify(Object.fromEntries(Object.entries(made).map(([key, one]) => [key, one.name])))`,
  );
}

const SOURCE = `
  class Logger {}
  export { Logger };
  export function next() {}
  export const Other = (() => { class Logger {} return Logger; })();
  export const expression = function () {};
`;

describe('the helper for names', () => {
  it("is esbuild's, as long as before, and classes and functions keep their names", () => {
    const text = built(SOURCE);
    const cheap = withCheapNames(text);
    expect(cheap).toHaveLength(text.length);
    expect(cheap).not.toBe(text);
    expect(namesIn(cheap ?? '')).toBe(namesIn(text));
    expect(namesIn(text)).toContain('"Other":"Logger"');
  });

  it('is not there in a file without it', () => {
    expect(withCheapNames('export const a = 1;')).toBeUndefined();
  });
});
