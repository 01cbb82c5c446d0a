/** The service as the image has it, in one bundle: it does what it does unbundled. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { BundledApp } from './support/bundled.js';
import { send } from './support/http-client.js';
import { app, CLEAN, endServices, FAILED, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

const run = promisify(execFile);

afterEach(endServices);

/** What the log says of the way from start to exit. */
const MOMENTS = ['startup.complete', 'shutdown.initiated', 'listener.closed', 'requests.drained', 'shutdown.complete'];

/** What the first group of a pattern finds in a file. */
function matchesIn(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, found = '']) => found);
}

describe('a bundle', () => {
  const sample = new BundledApp('sample');
  const loading = new BundledApp('sample', {
    files: {
      'app.js': `process.stdout.write('{"event":"loading"}\\n'); await new Promise((go) => setTimeout(go, 60_000));`,
    },
  });

  beforeAll(() => Promise.all([sample.make(), loading.make()]));
  afterAll(() => [sample, loading].forEach((one) => one.remove()));

  it('serves, and leaves as a pod does', async () => {
    const service = await Service.start({ args: sample.args() });
    const unbundled = await Service.start({ args: app('sample') });
    const answers = await Promise.all(
      [service, unbundled].map(async ({ port, managementPort }) => [
        (await send(port, '/a')).body,
        (await send(port, '/no-such-page')).status,
        (await send(managementPort, '/readyz')).body,
      ]),
    );
    expect(answers[0]).toEqual(answers[1]);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events.filter((event) => MOMENTS.includes(event))).toEqual(MOMENTS);
    expect(service.warnings).toEqual([]);
  });

  it('hears signals before it loads anything heavy', async () => {
    const [main = ''] = matchesIn(join(sample.output, 'main.js'), /\bimport\("\.\/(main-[^"]+)"\)/g);
    const files = ['main.js', main, ...matchesIn(join(sample.output, main), /\bfrom"\.\/([^"]+)"/g)];
    const bytes = files.map((name) => statSync(join(sample.output, name)).size);
    expect(files.length).toBeGreaterThan(2);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(50_000);

    const service = Service.spawn({ args: loading.args() });
    await service.event('loading');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.events).not.toContain('startup.complete');
  });

  it('names its packages and their licences, and lists no development dependency', () => {
    const licences = readFileSync(join(sample.output, 'LICENCES.txt'), 'utf8');
    expect(licences).toMatch(/^@nestjs\/core 12\.\d+\.\d+\n\nLicence: MIT\n\n[^]*?Permission is hereby granted/m);
    expect(licences).toMatch(/^express \d/m);
    expect(licences).not.toMatch(/^(?:jest|esbuild|@nestjs\/cli) \d/m);
  });

  it('has a compile cache that a start uses and that anybody may read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-cache-'));
    cpSync(sample.output, folder, { recursive: true });
    const cache = join(folder, 'compile-cache');
    const { stdout } = await run(process.execPath, [join(folder, 'make-compile-cache.js'), cache]);
    expect(stdout).toMatch(/compile-cache: \d\.\d MB for \d+ files, and a start uses it\n$/);
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(cache, name)));
    expect(files.filter((file) => file.isFile() && (file.mode & 0o444) !== 0o444)).toEqual([]);
    expect(readdirSync(folder)).not.toContain('make-compile-cache.js');
    // All that the image has upon its base.
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)));
    expect(all.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(5_000_000);

    const accepted = async (env: Readonly<Record<string, string>>) => {
      const service = await Service.start({
        args: [join(folder, 'main.js')],
        env: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', ...env },
      });
      service.kill('SIGTERM');
      expect(await service.exited).toEqual(CLEAN);
      return service.text.filter((line) => line.includes('was accepted')).length;
    };
    expect(await accepted({ NODE_COMPILE_CACHE: cache })).toBeGreaterThan(5);
    // The control: nothing is accepted where nothing was made.
    expect(await accepted({ NODE_COMPILE_CACHE: join(folder, 'another') })).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

describe('a bundle that cannot start', () => {
  const empty = 'export {};';
  const files = Object.fromEntries(
    ['missing-package', 'missing-file', 'missing-export'].map((name) => [`test/ebb/apps/fails/${name}.js`, empty]),
  );
  const fails = new BundledApp('fails', { dependencies: ['@nestjs/microservices', 'jsonwebtoken'], files });

  beforeAll(() => fails.make());
  afterAll(() => fails.remove());

  it.each([
    'constructor',
    'throws-at-import',
    'factory',
    'unknown-dependency',
    'unlisted-settings',
    'setup',
    'init-hook',
  ])('because of %s says the same as unbundled, in lines of TypeScript', async (trait) => {
    const [bundled, unbundled] = [fails.args(trait), app('fails', trait)].map((args) => Service.spawn({ args }));
    expect(await bundled?.exited).toEqual(FAILED);
    await unbundled?.exited;
    // The tests run from the project's root, and the bundle lies somewhere else.
    const said = bundled?.moment('startup.failed').msg?.replaceAll(`${fails.folder}/`, '');
    expect(said).toBe(unbundled?.moment('startup.failed').msg);
  });

  it('because of its configuration says which variable', async () => {
    const service = Service.spawn({ args: fails.args(), env: { PORT: 'x' } });
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('startup.failed').msg).toMatch(/PORT/);
  });

  it('shows a stack in lines of TypeScript, of packages too', async () => {
    const service = Service.spawn({ args: fails.args('constructor') });
    await service.exited;
    const { err } = service.moment('startup.failed') as { readonly err?: { readonly stack?: string } };
    expect(err?.stack).toMatch(/new OrdersService \(.*test\/ebb\/apps\/fails\.app\.ts:\d+:\d+\)/);
    expect(err?.stack).toMatch(/Injector\.\w+ \(.*node_modules\/@nestjs\/core\/injector\/injector\.js:\d+:\d+\)/);
  });
});

describe('what cannot be bundled is refused', () => {
  const refused = new Map<string, BundledApp>();
  afterEach(() => refused.forEach((one) => one.remove()));

  const refusal = async (one: BundledApp): Promise<string> => {
    refused.set(one.folder, one);
    try {
      await one.make();
    } catch (error) {
      return (error as { readonly stderr: string }).stderr;
    }
    return 'not refused';
  };

  it('a package that is not installed, and a file that is not there', async () => {
    const said = await refusal(new BundledApp('fails', { dependencies: ['@nestjs/microservices', 'jsonwebtoken'] }));
    expect(said).toMatch(/missing-package\.js:2: "no-such-package" is not installed\. Run "npm install/);
    expect(said).toMatch(/missing-file\.js:\d+: Could not resolve "\.\/no-such-file\.js"/);
  });

  it('an export that does not exist', async () => {
    const files = { 'app.js': `import { nobody } from './test/ebb/apps/sample.module.js'; export default nobody;` };
    expect(await refusal(new BundledApp('sample', { files }))).toMatch(
      /app\.js:1: No matching export in .*sample\.module\.js" for import "nobody"/,
    );
  });

  it('a package that is only there for development', async () => {
    const said = await refusal(new BundledApp('dto'));
    expect(said).toMatch(
      /dto\.app\.js:\d+: "class-validator" is a development dependency, which no image has\. Run "npm install/,
    );
  });

  it('an external package that nobody depends on', async () => {
    const said = await refusal(new BundledApp('sample', { external: ['sharp'] }));
    expect(said).toMatch(/package\.json calls "sharp" external .* "npm install --save-prod sharp"/);
  });
});
