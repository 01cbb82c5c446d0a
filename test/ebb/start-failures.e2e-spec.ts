/** Whatever keeps an application from starting is said in one line: which file or provider, and what to do. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { send } from './support/http-client.js';
import { app, CLEAN, endServices, FAILED, Service } from './support/service.js';
import { untilAnswer } from './support/until-answer.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

const source = readFileSync(new URL('apps/fails.app.ts', import.meta.url), 'utf8').split('\n');

describe('a start that fails', () => {
  it.each<[trait: string, says: RegExp]>([
    [
      'common-js',
      /^Cannot start: test\/ebb\/apps\/fails\/common-js\.ts:2 imports \{ sign \} from 'jsonwebtoken', a CommonJS module .* Write: import jsonwebtoken from 'jsonwebtoken'; const \{ sign \} = jsonwebtoken;$/,
    ],
    [
      'missing-export',
      /^Cannot start: test\/ebb\/apps\/fails\/missing-export\.ts:2 imports nobody from '\.\.\/sample\.module\.js'/,
    ],
    [
      'missing-package',
      /^Cannot start: test\/ebb\/apps\/fails\/missing-package\.ts imports the package "no-such-package".*npm install --save-prod no-such-package/,
    ],
    [
      'missing-file',
      /^Cannot start: test\/ebb\/apps\/fails\/missing-file\.ts imports .*no-such-file\.js, which does not exist/,
    ],
    ['throws-at-import', /^Cannot start: test\/ebb\/apps\/fails\/throws-at-import\.ts:8: there is no first row$/],
    [
      'constructor',
      /^Cannot start: OrdersService of OrdersModule, at test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+): no ledger to write to$/,
    ],
    ['factory', /^Cannot start: DATABASE of OrdersModule: connect ECONNREFUSED 127\.0\.0\.1:5432$/],
    [
      'init-hook',
      /^Cannot start: OrdersService\.onModuleInit, at test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+): the migration failed$/,
    ],
    [
      'init-hook-beside',
      /^Cannot start: OrdersService\.onModuleInit, at test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+): the migration failed$/,
    ],
    [
      'unknown-dependency',
      /^Cannot start: Nest can't resolve dependencies of the Needs\w+ \(\?\)\. .* Add what is missing to the providers/,
    ],
    [
      'unlisted-settings',
      /^Cannot start: Nest can't resolve dependencies of the NeedsSettings .*argument settings of ORDERS_URL.* to the settings of defineApp\(\)/,
    ],
    ['interface', /^Cannot start: Nest can't resolve dependencies of the NeedsClock/],
    ['late-rejection', /^Cannot start: test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+): the cache is gone$/],
    ['setup', /^Cannot start: test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+): undefined is not a prefix$/],
    ['listens', /^Cannot start: the application listens already\. Take listen\(\) out of setup\(\) in src\/app\.ts/],
    ['exits-0', /^Cannot start: .*something called process\.exit\(0\)/],
    ['inits', /^Cannot start: setup\(\) of src\/app\.ts must not call init\(\)/],
    ['body-limit', /^Cannot start: defineApp\(\) does not understand http\.bodyLimit "10m"/],
    ['exits-1', /^Cannot start: .*something called process\.exit\(3\)/],
    ['missing-peer', /^Cannot start: .*package is missing\. Please, make sure to install it/],
    ['unknown-option', /^Cannot start: defineApp\(\) knows no option "feature"/],
    ['forbidden-option', /^Cannot start: defineApp\(\) does not take nest\.forceCloseConnections/],
    ['no-app', /^Cannot start: src\/app\.ts must have an application as its default export/],
    [
      'endless-await',
      /^Cannot start: waited for what nothing can bring about any more: a top-level await of src\/app\.ts/,
    ],
  ])('because of %s says so in one line and exits with 1', async (trait, says) => {
    const service = Service.spawn({ args: app('fails', trait) });
    const exit = await service.exited;
    const problems = service.lines.filter(({ level }) => level !== 'info');
    expect(problems).toEqual([expect.objectContaining({ level: 'fatal', event: 'startup.failed' })]);
    expect(problems[0]?.msg).toMatch(says);
    // Where a line is named, it is the line of the source that throws.
    const [, text = ''] = /: ([^:]+)$/.exec(problems[0]?.msg ?? '') ?? [];
    expect(source[Number(says.exec(problems[0]?.msg ?? '')?.groups?.['line']) - 1] ?? text).toContain(text);
    expect(problems[0]?.msg).not.toContain('\n');
    expect(exit.code).toBe(1);
    // Nothing beside the log, but that Node shows such an await itself.
    expect(service.text.slice(0, 1).filter((printed) => !printed.startsWith('Warning: Detected unsettled'))).toEqual(
      [],
    );
  });

  it('because a package of Ebb itself is not installed says which', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-bare-'));
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    const service = Service.spawn({ args: [join(folder, 'dist/main.js')] });
    expect(await service.exited).toEqual(FAILED);
    expect(service.lines).toEqual([expect.objectContaining({ level: 'fatal', event: 'startup.failed' })]);
    expect(service.lines[0]?.msg).toMatch(
      /^Cannot start: .* imports the package "[^"]+", which is not installed\. Run "npm install/,
    );
    rmSync(folder, { recursive: true });
  });

  it('shows a stack in lines of TypeScript', async () => {
    const service = Service.spawn({ args: app('fails', 'constructor') });
    await service.exited;
    const { err } = service.moment('startup.failed') as { readonly err?: { readonly stack?: string } };
    expect(err?.stack).toMatch(/new OrdersService \(.*test\/ebb\/apps\/fails\.app\.ts:(?<line>\d+):/);
  });
});

/** What `/startupz` says as soon as it names anything: the first look may be before Nest has begun. */
function untilAwaited(managementPort: number, count = 1): Promise<{ readonly awaited: readonly string[] }> {
  return untilAnswer(
    'what is awaited',
    async () => JSON.parse((await send(managementPort, '/startupz')).body) as { readonly awaited: readonly string[] },
    ({ awaited }) => awaited.length === count,
  );
}

describe('a start that waits', () => {
  it('is seen as starting, with what it waits for, and leaves at once on a signal', async () => {
    const service = Service.spawn({ args: app('fails', 'slow-factory') });
    const port = await service.earlyManagementPort();
    expect(await send(port, '/livez')).toMatchObject({ status: 200 });
    expect(await untilAwaited(port)).toEqual({ status: 'starting', awaited: ['DATABASE of OrdersModule'] });
    const ready = await send(port, '/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toMatchObject({
      error: { startup: { reason: 'startup', phase: 'starting', awaited: ['DATABASE of OrdersModule'] } },
    });
    expect(await send(port, '/metrics')).toMatchObject({
      status: 200,
      body: expect.stringMatching(/^ebb_phase\{phase="starting"\} 1$/m),
    });
    const line = await service.line(({ msg = '' }) => msg.startsWith('Still waiting'), 'a line about what is awaited');
    expect(line.msg).toBe('Still waiting for DATABASE of OrdersModule');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('for the hook of a transient provider names it, until the last of its instances is done', async () => {
    const service = Service.spawn({ args: app('fails', 'transient-init') });
    const port = await service.earlyManagementPort();
    const both = ['OrdersBuffer.onModuleInit', 'OrdersBuffer.onModuleInit'];
    expect(await untilAwaited(port, 2)).toEqual({ status: 'starting', awaited: both });
    expect(await untilAwaited(port, 1)).toEqual({ status: 'starting', awaited: both.slice(1) });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });
});
