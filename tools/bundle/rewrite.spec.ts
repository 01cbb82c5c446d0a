import { describe, expect, it } from '@jest/globals';
import { looksExternal } from './looks-external.js';
import { importedLater, namedAsText, requiredByName, rewrite, usesCreateRequire } from './rewrite.js';
import { shakeable } from './shake.js';

const PLACE = { path: 'node_modules/a/index.js' };

describe('rewrite', () => {
  it('leads an import by name into the bundle, and leaves one within a string alone', () => {
    const text = `export const load = (name) => import(name);\nexport const run = new Function('f', 'return import(f)');`;
    expect(rewrite(text, PLACE)).toBe(
      `export const load = (name) => __importByName(name, "node_modules/a/index.js");\n` +
        `export const run = new Function('f', 'return import(f)');\n` +
        `import { importByName as __importByName } from 'ebb-bundle:by-name';`,
    );
  });

  it('imports later what is CommonJS by its name, and nothing else', () => {
    const text = `await import('cjs'); await import('esm'); export {};`;
    expect(rewrite(text, { ...PLACE, commonJs: ['cjs'] })).toContain(
      `await __importByName("cjs", "node_modules/a/index.js"); await import('esm');`,
    );
    expect(rewrite(text, PLACE)).toBe(text);
  });

  it('keeps the place of a file of the application', () => {
    expect(rewrite('read(import.meta.url)', { path: 'dist/a/b.js', asset: './a/b.js' })).toBe(
      'read(new URL("./a/b.js", import.meta.url).href)',
    );
  });

  it('tells each require by name who asks', () => {
    const text = `import { createRequire } from 'node:module';\nconst need = createRequire(import.meta.url);`;
    expect(usesCreateRequire(text)).toBe(true);
    expect(rewrite(text, PLACE)).toContain('createRequire(import.meta.url, "node_modules/a/index.js")');
  });
});

describe('the names of a module', () => {
  it('are those that its own require is given', () => {
    const text = `const need = createRequire(import.meta.url);
      need('a'); need.resolve("b/c.js"); other('d'); x.need('e'); createRequire(import.meta.url)('f');`;
    expect(requiredByName(text)).toEqual(['a', 'b/c.js', 'f']);
  });

  it('are those that it imports later, but not the types in its comments', () => {
    expect(importedLater(`/** @type {import('a').B} */\nimport('c');\nx.import('d');`)).toEqual(['c']);
  });

  it('are those that it says, where they are no import', () => {
    const text = `import 'pg'; require('pg'); const a = ['ws']; load('@a/b/c', 1); "wss"; 'ioredis';`;
    expect(namedAsText(text, ['pg', 'ws', '@a/b']).toSorted()).toEqual(['@a/b/c', 'ws']);
  });
});

describe('a package that may have to be external', () => {
  it.each([
    'require(name)',
    'join(__dirname, "a.html")',
    'new Worker(file)',
    `require('bindings')('x')`,
    'import.meta.dirname',
  ])('%s', (text) => {
    expect(looksExternal(text)).toHaveLength(1);
  });

  it.each([`require('fs')`, '// require(name)', 'a.require(b)', 'createRequire(import.meta.url)', 'this.__dirname2'])(
    'is none because of %s',
    (text) => {
      expect(looksExternal(text)).toEqual([]);
    },
  );
});

describe('zod', () => {
  it('is imported as a namespace that nothing takes whole', () => {
    const text = `import { z } from 'zod'; meta(typeof z === "undefined" || typeof z.infer === "undefined" ? Object : z.infer);`;
    expect(shakeable(text)).toBe(`import * as z from 'zod'; meta(typeof z.infer === "undefined" ? Object : z.infer);`);
  });
});
