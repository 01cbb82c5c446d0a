/** What a user deletes first can be deleted: on a copy of the tree, what is left passes its checks. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(480_000);

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Not copied: made anew, or linked. */
const LEFT_OUT = new Set([
  'node_modules',
  'dist',
  'dist-bundle',
  'dist-test',
  '.git',
  'rollout-report',
  'bench-report',
]);

let copy = '';

afterEach(() => rm(copy, { recursive: true, force: true }));

async function copyTree(): Promise<void> {
  copy = await mkdtemp(join(tmpdir(), 'ebb-deletable-'));
  for (const name of (await readdir(root)).filter((one) => !LEFT_OUT.has(one))) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  // Some tests ask git whether a diff applies.
  await run('git', ['init', '--quiet'], { cwd: copy });
}

async function withoutLines(file: string, pattern: RegExp): Promise<void> {
  const lines = (await readFile(join(copy, file), 'utf8')).split('\n');
  const left = lines.filter((line) => !pattern.test(line));
  expect(left.length).toBeLessThan(lines.length);
  await writeFile(join(copy, file), left.join('\n'));
}

/** The scripts of package.json that name a folder. */
async function withoutScriptsOf(folder: string): Promise<void> {
  const file = join(copy, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { scripts: Record<string, string> };
  manifest.scripts = Object.fromEntries(Object.entries(manifest.scripts).filter(([, text]) => !text.includes(folder)));
  await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

const npm = (...args: string[]) => run('npm', ['run', '--silent', ...args], { cwd: copy, maxBuffer: 10_000_000 });

const STATIC_CHECKS = ['format:check', 'lint', 'types', 'build', 'build:test'];

/** Everything of `npm run check` but the tests of processes, which do not import what was deleted. */
async function check(...tests: string[]): Promise<string> {
  for (const script of STATIC_CHECKS) {
    await npm(script);
  }
  return jestSays(...tests);
}

/** Rejects with what it printed when a test fails. */
async function jestSays(...args: string[]): Promise<string> {
  const { stderr } = await npm('jest', '--', ...args);
  return stderr;
}

const PASSED = /^Tests: +(?:\d+ skipped, )?\d+ passed, \d+ total$/m;

const UNIT_TESTS = ['--testPathIgnorePatterns', 'e2e-spec'];

describe('what is left', () => {
  it('without the samples, their tests and their lines, passes', async () => {
    await copyTree();
    for (const sample of ['counter', 'chat', 'jobs', 'ticker']) {
      await rm(join(copy, 'src/features', sample), { recursive: true });
      await rm(join(copy, `test/${sample}.e2e-spec.ts`));
    }
    await withoutLines('src/app.ts', /counter/i);
    expect(await check(...UNIT_TESTS)).toMatch(PASSED);
    expect(await jestSays('test/ebb/main.e2e', 'test/ebb/management.e2e')).toMatch(PASSED);
  });

  it('without tools/check-k8s and its scripts passes', async () => {
    await copyTree();
    await rm(join(copy, 'tools/check-k8s'), { recursive: true });
    await withoutScriptsOf('tools/check-k8s');
    expect(await check(...UNIT_TESTS)).toMatch(PASSED);
  });

  // Their specs were played without each other when they were taken apart; here the compiler says that nothing misses them.
  it.each(['tools/rollout', 'tools/cluster', 'tools/bench'])(
    'without %s and its scripts is still whole',
    async (folder) => {
      await copyTree();
      await rm(join(copy, folder), { recursive: true });
      await withoutScriptsOf(folder);
      for (const script of STATIC_CHECKS) {
        await npm(script);
      }
      expect(await jestSays('test/ebb/walls')).toMatch(PASSED);
    },
  );

  it('without the tests of Ebb passes', async () => {
    await copyTree();
    await rm(join(copy, 'test/ebb'), { recursive: true });
    expect(await check(...UNIT_TESTS)).toMatch(PASSED);
    expect(await jestSays('test/counter')).toMatch(PASSED);
  });

  it('without the sample but with its lines does not pass (negative control)', async () => {
    await copyTree();
    await rm(join(copy, 'src/features/counter'), { recursive: true });
    await expect(npm('types')).rejects.toMatchObject({ stdout: expect.stringContaining('counter.module.js') });
  });
});
