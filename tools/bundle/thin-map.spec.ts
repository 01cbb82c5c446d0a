import { describe, expect, it } from '@jest/globals';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { thinMap } from './thin-map.js';

describe('thinMap', () => {
  it('keeps each place of the application, and each line of a package', () => {
    const text = JSON.stringify({
      version: 3,
      sources: ['../src/app.ts', '../node_modules/a/index.js'],
      names: ['x'],
      mappings: encode([
        [
          [0, 0, 4, 2, 0],
          [5, 0, 4, 8],
          [10, 1, 7, 3],
          [15, 1, 7, 9],
          [20, 1, 8, 1],
        ],
      ]),
    });
    const thin = JSON.parse(thinMap(text)) as { readonly names: string[]; readonly mappings: string };
    expect(thin.names).toEqual([]);
    expect(decode(thin.mappings)).toEqual([
      [
        [0, 0, 4, 2],
        [5, 0, 4, 8],
        [10, 1, 7, 0],
        [20, 1, 8, 0],
      ],
    ]);
  });
});
