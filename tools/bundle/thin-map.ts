/** Makes source maps a third as large: of a package, a place in a stack needs its line and no more. */
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { z } from 'zod';

const sourceMap = z.looseObject({ sources: z.array(z.string()), names: z.array(z.string()), mappings: z.string() });

/** @param text a source map; what it says of the application's own files stays as exact as it is. */
export function thinMap(text: string): string {
  const map = sourceMap.parse(JSON.parse(text));
  const isPackage = map.sources.map((source) => source.includes('node_modules/'));
  const mappings = decode(map.mappings).map((line) => {
    let last: SourceMapSegment | undefined;
    return line.flatMap((segment) => {
      const [column, source, sourceLine, sourceColumn] = segment;
      if (source === undefined || sourceLine === undefined || sourceColumn === undefined) {
        return [];
      }
      const isSame = last?.[1] === source && last[2] === sourceLine;
      last = segment;
      if (isPackage[source] === true) {
        return isSame ? [] : [[column, source, sourceLine, 0] satisfies SourceMapSegment];
      }
      return [[column, source, sourceLine, sourceColumn] satisfies SourceMapSegment];
    });
  });
  return JSON.stringify({ ...map, names: [], mappings: encode(mappings) });
}
