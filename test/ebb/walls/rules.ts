import { type Sidecar, SIDECARS } from '../../../src/ebb/sidecars/table.js';
import { imports, matches, type Source, targetsOf, type Wall } from './source.js';

export const isIn = (folder: string, path: string) => path.startsWith(`${folder}/`);

/** `config` of `src/ebb/config/config.ts`; undefined for a file that stands in no room of Ebb. */
export const roomOf = (path: string) => /^src\/ebb\/([^/]+)\//.exec(path)?.[1];

export const ebbKnowsNothingOfItsUser: Wall = (source) =>
  isIn('src/ebb', source.path) ? targetsOf(source).filter((target) => !isIn('src/ebb', target)) : [];

/** `main.ts` is Ebb's in a user's folder: it hears signals before it loads anything. */
export const usersImportTheOneFile: Wall = (source) => {
  const { path } = source;
  const isUsers = (isIn('src', path) && !isIn('src/ebb', path)) || (isIn('test', path) && !isIn('test/ebb', path));
  const isAllowed = (target: string) => path === 'src/main.ts' && target === 'src/ebb/start.js';
  return isUsers ? targetsOf(source).filter((target) => isIn('src/ebb', target) && !isAllowed(target)) : [];
};

export const theOneNameIsEbb: Wall = (source) => targetsOf(source).filter((target) => /^#(?!ebb$)/.test(target));

/** A program: a folder of `tools/` that is not what they share. */
const programOf = (path: string) => /^tools\/(?!lib\/)([^/]+)\//.exec(path)?.[1];

export const toolsCanBeDeletedOneByOne: Wall = (source) => {
  if (!isIn('tools', source.path)) {
    return [];
  }
  const allowed = [`tools/${programOf(source.path) ?? 'lib'}`, 'tools/lib', 'src/ebb'];
  return targetsOf(source).filter((target) => !allowed.some((folder) => isIn(folder, target)));
};

export const nothingNeedsATool: Wall = (source) =>
  isIn('tools', source.path) ? [] : targetsOf(source).filter((target) => programOf(target) !== undefined);

export const ebbsTestsNeedNoFeature: Wall = (source) =>
  isIn('test/ebb', source.path) ? targetsOf(source).filter((target) => isIn('src/features', target)) : [];

export const onlyConfigReadsTheEnvironment: Wall = ({ path, text }) =>
  !isIn('src', path) || isIn('src/ebb/config', path)
    ? []
    : matches(
        text,
        /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"`]env|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/g,
      );

/** `process` itself is a global, and imported it could go by any name. */
export const nobodyImportsProcess: Wall = ({ path, text }) =>
  (isIn('src', path) ? imports(text) : []).filter(
    (specifier) => specifier === 'process' || specifier === 'node:process',
  );

export const onlyLifecycleEndsTheProcess: Wall = ({ path, text }) =>
  !isIn('src', path) || isIn('src/ebb/lifecycle', path)
    ? []
    : matches(
        text,
        /\bprocess\s*(?:\?\.|\.)\s*(?:on|once|addListener|prependListener|prependOnceListener|exit|exitCode|reallyExit|abort|kill)\b|\bprocess\s*\[/g,
      );

export const noBarrel: Wall = ({ path }) =>
  /(?:^|\/)index\.ts$/.test(path) && path !== 'src/ebb/index.ts' ? [path] : [];

export const noLumberRoom: Wall = ({ path }) =>
  path
    .split('/')
    .slice(0, -1)
    .filter((folder) => /^(?:common|shared|utils?|helpers?)$/.test(folder));

export const relativeImportsEndInJs: Wall = ({ text }) =>
  imports(text).filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.js'));

export const TABLE = 'src/ebb/sidecars/table.ts';

const rows: readonly Sidecar[] = Object.values(SIDECARS);

const sidecarPorts = rows
  .flatMap(({ url, quitUrl = url }) => [url, quitUrl])
  .map((url) => new URL(url).port)
  // Ebb has these two itself.
  .filter((port) => port !== '3000' && port !== '9000');

const sidecarPaths = rows
  .flatMap(({ ready, drain, quit, clients }) => [ready, drain, quit, clients])
  .flatMap((call) => (call === undefined ? [] : [call.path.split('?', 1)[0] ?? '']))
  .filter((path) => path !== '/');

/**
 * A port as a number of its own, and not written in groups, as durations are; a path with an end, so that /ready is not
 * /readyz.
 */
const sidecarFacts = new RegExp(
  [
    String.raw`(?<![\w.])(?:${sidecarPorts.join('|')})(?![\w])`,
    String.raw`(?:${sidecarPaths.map((path) => path.replaceAll('.', String.raw`\.`)).join('|')})(?![\w./-])`,
  ].join('|'),
  'g',
);

/** A spec may: it is what says that the table has no typo. */
export const aSidecarStandsInItsOwnRow: Wall = ({ path, text }) =>
  !isIn('src', path) || path === TABLE || path.endsWith('.spec.ts') ? [] : matches(text, sidecarFacts);

/** Which room imports from which others. Specs may look anywhere. */
export function arrows(all: readonly Source[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const source of all.filter(({ path }) => !path.endsWith('.spec.ts'))) {
    const from = roomOf(source.path);
    for (const to of targetsOf(source).map(roomOf)) {
      if (from !== undefined && to !== undefined && from !== to) {
        found.set(from, (found.get(from) ?? new Set()).add(to));
      }
    }
  }
  return found;
}

/** The rooms of circles, and those that lead into them; empty when arrows run one way. */
export function circleIn(graph: Map<string, Set<string>>): string[] {
  const left = new Map(graph);
  for (;;) {
    // Rooms that lead nowhere but to rooms that are done.
    const done = [...left].filter(([, targets]) => [...targets].every((target) => !left.has(target)));
    if (done.length === 0) {
      return [...left.keys()].toSorted();
    }
    done.forEach(([room]) => left.delete(room));
  }
}
