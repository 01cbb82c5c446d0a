/** `docs/adopt.md` says of versions, names and files what is so. What it tells people to do is done in `adopt-rollout.e2e-spec.ts`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ADOPTION, PAGE } from './page.js';

interface Manifest {
  readonly type?: string;
  readonly imports?: object;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const read = (file: string) => readFileSync(file, 'utf8');
const manifest = (folder: string) => JSON.parse(read(join(folder, 'package.json'))) as Manifest;

const own = manifest('.');

/** The packages that sources import, and whether for their types alone. */
function imports(texts: readonly string[]): { readonly used: Set<string>; readonly types: Set<string> } {
  const [used, types] = [new Set<string>(), new Set<string>()];
  for (const text of texts) {
    for (const [, type, name = ''] of text.matchAll(
      /^(?:import|export) (type )?(?:[^;'`]*? from )?'((?:@[\w.-]+\/)?[\w:.-]+)[\w./-]*';/gm,
    )) {
      if (!name.startsWith('.')) {
        (type === undefined ? used : types).add(name);
      }
    }
  }
  return { used, types: new Set([...types].filter((name) => !used.has(name))) };
}

/** What a package wants beside itself. */
function peersOf(name: string): string[] {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest(join('node_modules', name));
  return Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
}

const sources = readdirSync('src/ebb', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => read(join('src/ebb', path)));

const { used, types } = imports(sources);

describe('what docs/adopt.md installs', () => {
  it('is what src/ebb imports, and what that wants beside itself', () => {
    const packages = [...used, ...types].filter((name) => own.dependencies?.[name] !== undefined);
    const wanted = new Set([...packages, ...packages.flatMap(peersOf)]);
    expect(Object.keys(ADOPTION.dependencies)).toEqual([...wanted].toSorted());
  });

  it('has the types of everything else that src/ebb imports', () => {
    const others = [...used, ...types].filter((name) => own.dependencies?.[name] === undefined);
    const named = others.map((name) => (name.startsWith('node:') ? '@types/node' : `@types/${name}`));
    expect(Object.keys(ADOPTION.devDependencies)).toEqual([...new Set(named)].toSorted());
  });

  it('has the versions that Ebb is tested with', () => {
    expect(own.dependencies).toMatchObject(ADOPTION.dependencies);
    expect(own.devDependencies).toMatchObject(ADOPTION.devDependencies);
  });

  it('would be found wanting, were an import overlooked (negative control)', () => {
    const text =
      "import a from 'a';\nimport {\n  b,\n} from '@b/b/deep.js';\nimport 'c';\nimport type { D } from 'd';\n";
    const found = imports([`${text}import { x } from './x.js';\nthrow new Error(\`from '\${e}'\`);\n`]);
    expect(found).toEqual({ used: new Set(['a', '@b/b', 'c']), types: new Set(['d']) });
  });
});

describe('what docs/adopt.md writes', () => {
  it('is the src/main.ts and the package.json of Ebb', () => {
    expect(ADOPTION.main).toBe(read('src/main.ts'));
    expect(ADOPTION.manifest).toEqual({ type: own.type, imports: own.imports });
  });

  it('replaces what the application has, and keeps all of it but the shutdown hooks', () => {
    const stock = read('tools/rollout/adopt/stock/src/main.ts');
    const lines = ADOPTION.before.trim().split('\n');
    expect(lines.filter((line) => !stock.includes(`  ${line}\n`))).toEqual([]);
    expect(lines.filter((line) => !ADOPTION.app.includes(`    ${line}\n`))).toEqual(['app.enableShutdownHooks();']);
  });

  it('tells Jest what Ebb tells it', () => {
    const [line = 'none'] = /moduleNameMapper: .*?\}/.exec(read('jest.config.mjs')) ?? [];
    expect(PAGE).toContain(line);
  });
});
