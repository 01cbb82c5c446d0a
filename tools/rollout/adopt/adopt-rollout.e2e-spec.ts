/**
 * What `docs/adopt.md` promises to somebody who has an application: it does what the page says to an application that knows
 * nothing of Ebb, and rolls both under the same load. Runs alone on the machine (see `npm test`).
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Application } from './application.js';
import { roll } from './rollout.js';
import { Server } from './server.js';

const STOCK = 'dist-test/tools/rollout/adopt/stock/src/main.js';

const MANAGEMENT_PATHS = ['/livez', '/readyz', '/startupz', '/metrics'] as const;

const running: Server[] = [];
let application: Application;

beforeAll(async () => {
  application = await Application.create();
  await application.adopt();
  await application.run('npm', ['run', 'build']);
});

afterEach(() => running.splice(0).forEach((server) => server.kill()));

afterAll(() => application.remove());

async function start(main: string): Promise<Server> {
  const server = await Server.start(main);
  running.push(server);
  return server;
}

/** What clients see of the application: of each request the status, and what else they may rely on. */
async function seen(server: Server): Promise<Readonly<Record<string, unknown>>> {
  const post = (cat: object, headers = {}) =>
    server.send('/api/cats', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(cat),
    });
  const key = { 'X-Api-Key': 'a-key' };
  const cats = await server.send('/api/cats', { headers: { Origin: 'https://shop.example' } });
  const preflight = await server.send('/api/cats', {
    method: 'OPTIONS',
    headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
  });
  const created = await post({ name: 'Kit', age: 1, owner: 'is not in the DTO' }, key);
  return {
    hello: await (await server.send('/api')).text(),
    cats: [cats.status, await cats.json()],
    cors: [cats.headers.get('Access-Control-Allow-Origin'), preflight.status],
    interceptor: cats.headers.get('X-Response-Time')?.replace(/\d+/, 'N'),
    created: [created.status, await created.json()],
    'created without a key': (await post({ name: 'Kit', age: 1 })).status,
    'created with a bad DTO': (await post({ name: '', age: 99 }, key)).status,
    slow: (await server.send('/api/cats/slow?seconds=0.1')).status,
    'slow with a bad query': (await server.send('/api/cats/slow?seconds=soon')).status,
    'without the prefix': (await server.send('/cats')).status,
    management: await statuses(server, ['', '/api'], server.port),
  };
}

async function statuses(server: Server, prefixes: readonly string[], port: number): Promise<[string, number][]> {
  const paths = prefixes.flatMap((prefix) => MANAGEMENT_PATHS.map((path) => `${prefix}${path}`));
  return Promise.all(paths.map(async (path) => [path, (await server.send(path, {}, port)).status]));
}

const EXPECTED = {
  hello: 'Hello World!',
  cats: [200, [{ name: 'Tom', age: 3 }]],
  cors: ['*', 204],
  interceptor: 'Nms',
  created: [201, { name: 'Kit', age: 1 }],
  'created without a key': 401,
  'created with a bad DTO': 400,
  slow: 200,
  'slow with a bad query': 400,
  'without the prefix': 404,
  management: ['', '/api'].flatMap((prefix) => MANAGEMENT_PATHS.map((path) => [`${prefix}${path}`, 404])),
};

/** The same for whatever has built it. */
async function serves(): Promise<void> {
  const server = await start(application.main);
  expect(await seen(server)).toEqual(EXPECTED);
  expect(await statuses(server, [''], server.managementPort)).toEqual(MANAGEMENT_PATHS.map((path) => [path, 200]));
  const refused = await server.send('/api/cats', { method: 'POST' });
  expect(refused.headers.get('Content-Type')).toContain('application/problem+json');
  expect(await refused.json()).toMatchObject({ status: 401, detail: 'Send your key as X-Api-Key.' });
  expect(await server.stop()).toBe(0);
}

describe('the application of stock/', () => {
  it('answers, and has no probe', async () => {
    expect(await seen(await start(STOCK))).toEqual(EXPECTED);
  });
});

describe('the same application, once docs/adopt.md was done to it', () => {
  it('answers as before, has its probes on a port of their own, and leaves when it is asked to', serves);

  it('loses no request in a rolling deploy, and no pod of it has to be killed', async () => {
    const { exitCode, output, result } = await roll(application.main, application.folder);
    expect(result.failures).toEqual([]);
    expect(exitCode).toBe(0);
    expect(output).toContain('Not one request failed.');
    expect(result.kinds).toHaveLength(6);
    for (const { requests } of result.kinds) {
      expect(requests).toBeGreaterThan(0);
    }
    const old = result.pods.filter(({ generation }) => generation === 'old');
    expect(old.map(({ exit }) => exit)).toEqual(['0', '0']);
  });

  it('loses requests in the same rolling deploy as it was before (negative control)', async () => {
    const { exitCode, result } = await roll(STOCK, application.folder);
    expect(result.failures.length).toBeGreaterThan(0);
    expect(exitCode).toBe(1);
  });

  it('satisfies the compiler, also that of TypeScript 7', async () => {
    expect(await application.run('npx', ['tsc', '--noEmit', '-p', 'tsconfig.json'])).toBe('');
  });

  it('does the same when swc has built it', async () => {
    // Each names what it puts for a decorator in its own way.
    const built = () => readFile(join(dirname(application.main), 'app.controller.js'), 'utf8');
    expect(await built()).not.toContain('_ts_decorate');
    await application.run('npx', ['nest', 'build', '--builder', 'swc']);
    expect(await built()).toContain('_ts_decorate');
    await serves();
  });
});
