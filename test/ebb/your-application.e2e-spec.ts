/** Ordinary Nest code in the application: its probes, its metrics and the promise hold, whatever it is. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { send } from './support/http-client.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

const MANAGEMENT_PATHS = ['/livez', '/readyz', '/startupz', '/metrics'] as const;

const TRAITS = [
  'prefix',
  'versioning',
  'guard',
  'throttler',
  'middleware',
  'filter',
  'interceptor',
  'swagger',
  'compression',
  'session',
  'cors',
  'hooks',
] as const;

const KEY = { 'X-Api-Key': 'a-key', Origin: 'https://shop.example' };

/** Where the application's own route is. */
function routeOf(traits: readonly string[], path: string): string {
  return `${traits.includes('prefix') ? '/api' : ''}${traits.includes('versioning') ? '/v1' : ''}${path}`;
}

/** What a scraper and the kubelet see, asked more often than any throttler of the application lets anybody. */
async function seenByKubernetes({ managementPort }: Service): Promise<readonly (readonly [string, number])[]> {
  const rounds = await Promise.all(
    Array.from({ length: 10 }, () =>
      Promise.all(MANAGEMENT_PATHS.map(async (path) => [path, (await send(managementPort, path)).status] as const)),
    ),
  );
  return rounds.flat();
}

describe.each([...TRAITS.map((trait) => [trait, [trait]] as const), ['all of them at once', [...TRAITS]] as const])(
  'an application with %s',
  (_name, traits) => {
    it('has its probes and metrics on the management port alone, and leaves as promised', async () => {
      const service = await Service.start({ args: app('world', ...traits), env: { LAME_DUCK_SECONDS: '1' } });

      const seen = await seenByKubernetes(service);
      expect(seen.filter(([, status]) => status !== 200)).toEqual([]);
      const { headers, body } = await send(service.managementPort, '/metrics');
      expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(body).toMatch(/^ebb_phase\{phase="ready"\} 1$/m);

      const hidden = MANAGEMENT_PATHS.flatMap((path) => [path, `/api${path}`, `/v1${path}`, `/api/v1${path}`]);
      const statuses = await Promise.all(
        hidden.map(async (path) => [path, (await send(service.port, path, { headers: KEY })).status]),
      );
      expect(statuses.filter(([, status]) => status !== 404)).toEqual([]);
      expect(await send(service.managementPort, routeOf(traits, '/orders'))).toMatchObject({ status: 404 });

      const own = await send(service.port, routeOf(traits, '/orders'), { headers: KEY });
      expect(own.status).toBe(200);

      const slow = send(service.port, routeOf(traits, '/orders/slow'), { headers: KEY });
      await service.event('world.asked');
      service.kill('SIGTERM');
      await service.event('shutdown.initiated');
      expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
      expect(await send(service.managementPort, '/livez')).toMatchObject({ status: 200 });
      expect(await send(service.port, routeOf(traits, '/orders'), { headers: KEY })).toMatchObject({
        status: 200,
        headers: { connection: 'close' },
      });
      expect(await slow).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(await service.exited).toEqual(CLEAN);
      // The first hook of all runs after the last answer.
      const order = service.events.filter((event) => event.startsWith('world.') || event === 'requests.drained');
      expect(order).toEqual(['world.asked', 'world.answered', 'requests.drained', 'world.destroyed']);
      expect(service.warnings).toEqual([]);
    });
  },
);

/** The negative control: each trait does to the application's own route what it would do to a probe. */
describe('what an application has reaches its own routes', () => {
  it.each<[string, string[], Record<string, string>, object]>([
    ['a guard', ['guard'], {}, { status: 403 }],
    ['an interceptor', ['interceptor'], {}, { body: expect.stringMatching(/^\{"data":/) }],
    ['middleware', ['middleware'], {}, { headers: { 'x-seen': 'yes' } }],
    ['a filter', ['filter', 'guard'], {}, { status: 403, body: 'own words: Forbidden resource' }],
    ['a filter of setup', ['global-filter', 'guard'], {}, { status: 403, body: 'own words: Forbidden resource' }],
    ['compression', ['compression'], { 'Accept-Encoding': 'gzip' }, { headers: { 'content-encoding': 'gzip' } }],
    ['a session', ['session'], {}, { headers: { 'set-cookie': expect.arrayContaining([]) } }],
    [
      'CORS',
      ['cors'],
      { Origin: 'https://shop.example' },
      { headers: { 'access-control-allow-origin': 'https://shop.example' } },
    ],
  ])('%s', async (_what, traits, headers, expected) => {
    const service = await Service.start({ args: app('world', ...traits) });
    expect(await send(service.port, '/orders', { headers })).toMatchObject(expected);
  });

  it('a throttler', async () => {
    const service = await Service.start({ args: app('world', 'throttler') });
    const statuses: number[] = [];
    for (let index = 0; index < 7; index += 1) {
      statuses.push((await send(service.port, '/orders')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  it('Swagger', async () => {
    const service = await Service.start({ args: app('world', 'swagger', 'prefix') });
    const { status, body } = await send(service.port, '/docs-json');
    expect(status).toBe(200);
    // The routes of the application, and nothing of Ebb's.
    expect(Object.keys((JSON.parse(body) as { paths: object }).paths)).toEqual(['/api/orders', '/api/orders/slow']);
  });
});
