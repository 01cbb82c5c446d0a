/**
 * The walls of the house: what may be known where. Each is a function of a source's path and text, so that it can be
 * shown an offender beside the real sources, which have none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Sidecar, SIDECARS } from '../../src/ebb/sidecars/table.js';

interface Source {
  /** From `src/` on, with slashes: `health/readiness.ts`. */
  readonly path: string;
  readonly text: string;
}

/** What of a source stands on the wrong side; empty when nothing does. */
type Wall = (source: Source) => string[];

const src = join(import.meta.dirname, '..', '..', 'src');

function sources(): Source[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(src, path), 'utf8') }));
}

/** A comment may name what the code may not. Strings are matched too, so that a glob in one opens no comment. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_match, string: string | undefined) => string ?? ' ',
  );
}

function matches(text: string, pattern: RegExp): string[] {
  return [...withoutComments(text).matchAll(pattern)].map(([match]) => match);
}

function imports(text: string): string[] {
  const specifiers = withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*(['"`])([^'"`]+)\1/g);
  return [...specifiers].flatMap(([, , specifier]) => specifier ?? []);
}

/** The files of `room/` that a source imports. */
function importsFrom(room: string, { path, text }: Source): string[] {
  return imports(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.normalize(posix.join(posix.dirname(path), specifier)))
    .filter((target) => target.startsWith(`${room}/`));
}

const onlyConfigReadsTheEnvironment: Wall = ({ path, text }) =>
  path.startsWith('config/')
    ? []
    : matches(
        text,
        /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"`]env|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/g,
      );

/** `process` itself is a global, and imported it could go by any name. */
const nobodyImportsProcess: Wall = ({ text }) =>
  imports(text).filter((specifier) => specifier === 'process' || specifier === 'node:process');

const onlyLifecycleEndsTheProcess: Wall = ({ path, text }) =>
  path.startsWith('lifecycle/')
    ? []
    : matches(
        text,
        /\bprocess\s*(?:\?\.|\.)\s*(?:on|once|addListener|prependListener|prependOnceListener|exit|exitCode|reallyExit|abort|kill)\b|\bprocess\s*\[/g,
      );

function mayImport(room: string, allowed: string): Wall {
  return (source) =>
    source.path.startsWith('features/')
      ? importsFrom(room, source).filter((target) => target !== `${room}/${allowed}`)
      : [];
}

const noBarrel: Wall = ({ path }) => (/(?:^|\/)index\.ts$/.test(path) ? [path] : []);

const noLumberRoom: Wall = ({ path }) =>
  path
    .split('/')
    .slice(0, -1)
    .filter((folder) => /^(?:common|shared|utils?|helpers?)$/.test(folder));

const relativeImportsEndInJs: Wall = ({ text }) =>
  imports(text).filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.js'));

const TABLE = 'sidecars/table.ts';

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
const aSidecarStandsInItsOwnRow: Wall = ({ path, text }) =>
  path === TABLE || path.endsWith('.spec.ts') ? [] : matches(text, sidecarFacts);

const WALLS: readonly {
  name: string;
  wall: Wall;
  offenders: readonly Source[];
  innocents: readonly Source[];
}[] = [
  {
    name: 'process.env is read in config/ only',
    wall: onlyConfigReadsTheEnvironment,
    offenders: [
      { path: 'main.ts', text: 'const port = process.env.PORT;' },
      { path: 'features/a.ts', text: "const port = process.env['PORT'];" },
      { path: 'features/b.ts', text: "const port = process['env'].PORT;" },
      { path: 'features/c.ts', text: 'const { env } = process;' },
      { path: 'features/d.ts', text: 'const text = `${process.env.PORT}`;' },
      { path: 'features/e.ts', text: "const glob = 'a/**/*.ts'; process.env.PORT; const other = '*/';" },
    ],
    innocents: [
      { path: 'config/config.ts', text: 'const port = process.env.PORT;' },
      { path: 'features/a.ts', text: '// not process.env\n/* nor\n process.env */ const environment = 1;' },
    ],
  },
  {
    name: 'process is not imported, by whatever name',
    wall: nobodyImportsProcess,
    offenders: [
      { path: 'features/a.ts', text: "import { env } from 'node:process';" },
      { path: 'features/b.ts', text: 'import life from "process";' },
      { path: 'features/c.ts', text: "const { env } = await import('node:process');" },
    ],
    innocents: [{ path: 'features/a.ts', text: "import { run } from './process.js';" }],
  },
  {
    name: 'signals and the end of the process belong to lifecycle/ only',
    wall: onlyLifecycleEndsTheProcess,
    offenders: [
      { path: 'main.ts', text: "process.on('SIGTERM', stop);" },
      { path: 'main.ts', text: "process\n  .once('exit', stop);" },
      { path: 'features/a.ts', text: 'process.exit(1);' },
      { path: 'features/a.ts', text: 'process.exitCode = 1;' },
      { path: 'features/a.ts', text: "process.kill(process.pid, 'SIGTERM');" },
      { path: 'features/a.ts', text: "process['exit'](1);" },
    ],
    innocents: [
      { path: 'lifecycle/signals.ts', text: "process.on('SIGTERM', stop);" },
      { path: 'logging/logger.ts', text: 'process.stdout.isTTY; // never process.exit()' },
    ],
  },
  {
    name: 'a feature knows of lifecycle/ nothing but Lifecycle',
    wall: mayImport('lifecycle', 'lifecycle.js'),
    offenders: [
      { path: 'features/orders/a.ts', text: "import { Phases } from '../../lifecycle/phases.js';" },
      { path: 'features/a.ts', text: "export { Shutdown } from '../lifecycle/shutdown.js';" },
      { path: 'features/orders/a.ts', text: "const late = await import('../../lifecycle/shutdown.js');" },
      { path: 'features/orders/a.ts', text: "import '../../features/../lifecycle/signals.js';" },
    ],
    innocents: [
      { path: 'features/orders/a.ts', text: "import { Lifecycle } from '../../lifecycle/lifecycle.js';" },
      { path: 'features/orders/a.ts', text: "import { Order } from './lifecycle/order.js';" },
      { path: 'health/readiness.ts', text: "import { Phases } from '../lifecycle/phases.js';" },
    ],
  },
  {
    name: 'a feature knows of health/ nothing but how to add a readiness check',
    wall: mayImport('health', 'readiness.js'),
    offenders: [
      { path: 'features/orders/a.ts', text: 'import { HealthModule } from "../../health/health.module.js";' },
    ],
    innocents: [{ path: 'features/orders/a.ts', text: "import { Readiness } from '../../health/readiness.js';" }],
  },
  {
    name: "a sidecar's port or path stands in its own row only",
    wall: aSidecarStandsInItsOwnRow,
    offenders: [
      { path: 'sidecars/sidecars.ts', text: "const url = 'http://127.0.0.1:9901/stats';" },
      { path: 'lifecycle/shutdown.ts', text: 'const port = 20300;' },
      { path: 'lifecycle/shutdown.ts', text: "await fetch(`${url}/drain_listeners?graceful`, { method: 'POST' });" },
      { path: 'config/config.ts', text: "const quit = '/quitquitquit';" },
      { path: 'health/readiness.ts', text: "const path = '/v1.0/healthz/outbound';" },
      { path: 'features/a.ts', text: "const dapr = new URL('http://localhost:3500');" },
      { path: 'management/table.ts', text: "const path = '/ready';" },
    ],
    innocents: [
      { path: TABLE, text: "const row = { url: 'http://127.0.0.1:9901', ready: get('/ready', 200) };" },
      { path: 'sidecars/table.spec.ts', text: "expect(row.url).toBe('http://127.0.0.1:9901');" },
      { path: 'config/config.ts', text: "const example = 'http://127.0.0.1:19901'; const limitMs = 15_000;" },
      { path: 'health/health.controller.ts', text: "const paths = ['/readyz', '/startupz', '/'];" },
      { path: 'main.ts', text: "import { Shutdown } from './lifecycle/shutdown.js'; // Envoy's /ready, on 9901" },
    ],
  },
  {
    name: 'there is no barrel file',
    wall: noBarrel,
    offenders: [
      { path: 'features/index.ts', text: '' },
      { path: 'index.ts', text: '' },
    ],
    innocents: [{ path: 'features/reindex.ts', text: '' }],
  },
  {
    name: 'there is no folder for everything',
    wall: noLumberRoom,
    offenders: ['common', 'shared', 'utils'].map((folder) => ({ path: `features/${folder}/a.ts`, text: '' })),
    innocents: [{ path: 'features/shared-rides/common.ts', text: '' }],
  },
  {
    name: 'relative imports end in .js',
    wall: relativeImportsEndInJs,
    offenders: [
      { path: 'a.ts', text: "import { b } from './b';" },
      { path: 'a.ts', text: "export * from '../b.ts';" },
      { path: 'a.ts', text: "import './b';" },
      { path: 'a.ts', text: 'const b = await import(\n  `./b`);' },
    ],
    innocents: [
      { path: 'a.ts', text: "import { b } from './b.js';\nimport { c } from 'c';\nimport { d } from 'node:d';" },
    ],
  },
];

describe('the sources', () => {
  it('are read: every room of the house is among them', () => {
    const rooms = new Set(sources().flatMap(({ path }) => path.split('/').slice(0, -1)));
    for (const room of ['config', 'lifecycle', 'health', 'management', 'sidecars', 'features', 'counter']) {
      expect(rooms).toContain(room);
    }
  });

  it.each(WALLS)('hold the wall: $name', ({ wall }) => {
    const offences = sources().flatMap((source) => wall(source).map((offence) => `${source.path}: ${offence}`));
    expect(offences).toEqual([]);
  });

  it('would be caught, were one to name what only its neighbours may (negative control on the real files)', () => {
    const moved = sources().map(({ path, text }) => ({ path: `features/${path}`, text }));
    expect(moved.flatMap(onlyConfigReadsTheEnvironment)).not.toEqual([]);
    expect(moved.flatMap(onlyLifecycleEndsTheProcess)).not.toEqual([]);
    expect(moved.flatMap(aSidecarStandsInItsOwnRow)).not.toEqual([]);
  });
});

describe.each(WALLS)('the check that $name', ({ wall, offenders, innocents }) => {
  it.each(offenders)('catches $text in $path', (offender) => {
    expect(wall(offender)).not.toEqual([]);
  });

  it.each(innocents)('lets $text in $path pass', (innocent) => {
    expect(wall(innocent)).toEqual([]);
  });
});
