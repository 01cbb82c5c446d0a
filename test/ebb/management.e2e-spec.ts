import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PHASES } from '../../src/ebb/lifecycle/phases.js';
import { send } from './support/http-client.js';
import { answered, inFlight, openConnections } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { endServices, fixture, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

const PROBES = ['/livez', '/readyz', '/startupz'] as const;
const MANAGEMENT_PATHS = [...PROBES, '/metrics'] as const;

/** Sends a request target exactly as it is, which an HTTP client would tidy up first. */
async function statusOf(port: number, target: string, method = 'GET'): Promise<number> {
  const socket = await RawSocket.open(port);
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await socket.closed;
  return Number(/^HTTP\/1\.1 (\d+) /.exec(socket.received)?.[1]);
}

/** A port that is free now. For the one case where the service cannot say which it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a service that is ready', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(endServices);

  // What a router may take for the same path; the last three are forms of RFC 9112 that only a proxy or an attacker sends.
  it.each<[string, (path: string) => string, string]>([
    ['GET', (path) => path, 'GET'],
    ['HEAD', (path) => path, 'HEAD'],
    ['POST', (path) => path, 'POST'],
    ['OPTIONS', (path) => path, 'OPTIONS'],
    ['upper case', (path) => path.toUpperCase(), 'GET'],
    ['a slash at the end', (path) => `${path}/`, 'GET'],
    ['a query', (path) => `${path}?verbose=1`, 'GET'],
    ['a slash and a query', (path) => `${path}/?`, 'GET'],
    ['two slashes', (path) => `/${path}`, 'GET'],
    ['an escaped letter', (path) => path.replace('e', '%65'), 'GET'],
    ['the absolute form', (path) => `http://x${path}`, 'GET'],
    ['the absolute form with a query', (path) => `http://x:1${path}/?a=b`, 'GET'],
    ['a fragment', (path) => `${path}#x`, 'GET'],
    ['a fragment before the query', (path) => `${path}#?`, 'GET'],
  ])(
    'answers 404 on the public listener for probes and metrics, asked with %s',
    async (_circumstance, spell, method) => {
      const statuses = await Promise.all(
        MANAGEMENT_PATHS.map(async (path) => [path, await statusOf(service.port, spell(path), method)]),
      );
      expect(statuses).toEqual(MANAGEMENT_PATHS.map((path) => [path, 404]));
    },
  );

  it.each(['/', '/a', '/?delay=0', '/nope', '/livez/more', '/livezz', '/A', '/a#/livez', 'http://x/a', '/?/livez'])(
    'answers 404 on the management listener for %s',
    async (target) => {
      expect(await statusOf(service.managementPort, target)).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    'answers 405 on the management listener for %s, and says what is allowed',
    async (method) => {
      expect(await statusOf(service.managementPort, '/livez', method)).toBe(405);
      const refused = await send(service.managementPort, '/metrics', { method });
      expect(refused).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
      expect(JSON.parse(refused.body)).toMatchObject({ title: 'Method Not Allowed', status: 405 });
    },
  );

  it.each(MANAGEMENT_PATHS)('answers 200 on the management listener for %s, in whatever spelling', async (path) => {
    const spellings = [path, `${path}/`, `${path}?verbose`, `${path}/?`];
    const statuses = await Promise.all(spellings.map((target) => statusOf(service.managementPort, target)));
    expect(statuses).toEqual(spellings.map(() => 200));
    expect(await statusOf(service.managementPort, path, 'HEAD')).toBe(200);
  });

  it('answers 200 on the management listener in the absolute form too, which every server must accept (RFC 9112, 3.2.2)', async () => {
    expect(await statusOf(service.managementPort, 'http://x/livez')).toBe(200);
  });

  it('names its readiness checks in /readyz', async () => {
    const { status, body } = await send(service.managementPort, '/readyz');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ status: 'ok', details: { sample: { status: 'up' } } });
  });

  it.each(PROBES)('lets nobody keep the answer of %s', async (path) => {
    const { headers } = await send(service.managementPort, path);
    expect(headers['cache-control']).toContain('no-store');
  });

  it('has metrics of itself and of its process, as Prometheus reads them', async () => {
    const { headers, body } = await send(service.managementPort, '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4(;|$)/);
    const phases = PHASES.map((phase) => `ebb_phase{phase="${phase}"} ${phase === 'ready' ? 1 : 0}`);
    expect(body.match(/^ebb_phase\{.*$/gm)).toEqual(phases);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      expect(body).toMatch(new RegExp(String.raw`^${name} \S+$`, 'm'));
    }
  });

  it('counts requests and connections of the public listener alone, as they are at that moment', async () => {
    const idle = await RawSocket.open(service.port);
    const busy = await Promise.all([1, 2].map(() => RawSocket.open(service.port)));
    for (const socket of busy) {
      socket.write('GET /?delay=2 HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    await inFlight(service, 2);
    await openConnections(service, 3);
    const { body } = await send(service.managementPort, '/metrics');
    expect(body).toMatch(/^ebb_requests_in_flight 2$/m);
    expect(body).toMatch(/^ebb_connections_open 3$/m);
    // Its handler works on, whether anybody waits for it or not.
    busy[0]?.socket.resetAndDestroy();
    await openConnections(service, 2);
    expect((await send(service.managementPort, '/metrics')).body).toMatch(/^ebb_requests_in_flight 2$/m);
    idle.destroy();
    await openConnections(service, 1);
    await inFlight(service, 0);
    busy[1]?.destroy();
    await openConnections(service, 0);
  });

  it('says how long requests took', async () => {
    const counts = async () => {
      const { body } = await send(service.managementPort, '/metrics');
      return (name: string) =>
        Number(new RegExp(String.raw`^http_server_request_duration_seconds_${name} (\S+)$`, 'm').exec(body)?.[1]);
    };
    const before = await counts();
    await send(service.port, '/?delay=0.6');
    await inFlight(service, 0);
    const after = await counts();
    const grown = (name: string) => after(name) - before(name);
    expect(grown('bucket\\{le="0\\.5"\\}')).toBe(0);
    expect([grown('bucket\\{le="\\+Inf"\\}'), grown('count')]).toEqual([1, 1]);
    expect(grown('sum')).toBeGreaterThanOrEqual(0.6);
  });

  it('counts the requests that it answered, and none that a client gave up', async () => {
    const before = await answered(service);
    await send(service.port, '/a');
    await send(service.port, '/nobody-lives-here');
    const impatient = await RawSocket.open(service.port);
    impatient.write('GET /?delay=0.5 HTTP/1.1\r\nHost: x\r\n\r\n');
    await inFlight(service, 1);
    impatient.socket.resetAndDestroy();
    await inFlight(service, 0);
    expect(await answered(service)).toBe(before + 2);
  });
});

describe('a service that starts', () => {
  afterEach(endServices);

  it('is alive and neither started nor ready while its features initialise, and says why', async () => {
    const port = await freePort();
    const service = Service.spawn({ args: fixture('slow-init'), env: { MANAGEMENT_PORT: String(port) } });
    await service.event('fixture.init');
    expect(await send(port, '/livez')).toMatchObject({ status: 200 });
    expect(await send(port, '/startupz')).toMatchObject({
      status: 503,
      body: '{"status":"starting","awaited":["EarlyTeardown.onModuleInit"]}',
    });
    const ready = await send(port, '/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toMatchObject({
      status: 'error',
      details: { startup: { status: 'down', reason: 'startup', phase: 'starting' } },
    });
    expect((await send(port, '/metrics')).body).toContain('ebb_phase{phase="starting"} 1');
    expect(await send(port, '/a')).toMatchObject({ status: 404 });
    expect(service.events).not.toContain('startup.complete');
  });
});

describe('a readiness check', () => {
  afterEach(endServices);

  it('that fails is named with its message, costs readiness alone, and is logged once', async () => {
    const service = await Service.start({ args: fixture('check-fails') });
    for (let probe = 0; probe < 3; probe += 1) {
      const { status, body } = await send(service.managementPort, '/readyz');
      expect(status).toBe(503);
      expect(JSON.parse(body)).toMatchObject({
        status: 'error',
        error: { fixture: { status: 'down', message: 'no route to the printer' } },
        details: { sample: { status: 'up' } },
      });
    }
    expect(await send(service.managementPort, '/livez')).toMatchObject({ status: 200 });
    expect(await send(service.managementPort, '/startupz')).toMatchObject({ status: 200 });
    expect(await send(service.port, '/a')).toMatchObject({ status: 200 });
    // Only of a process that has ended is it certain that no second line follows.
    service.kill('SIGTERM');
    await service.exited;
    const warnings = service.lines.filter(({ msg }) => msg?.includes('no route to the printer'));
    expect(warnings).toEqual([expect.objectContaining({ level: 'warn', check: 'fixture' })]);
  });

  it('that hangs is named too, before the kubelet gives up waiting', async () => {
    const service = await Service.start({ args: fixture('check-hangs') });
    const { status, body } = await send(service.managementPort, '/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      error: { fixture: { status: 'down', message: 'no answer within 800 ms' } },
      details: { sample: { status: 'up' } },
    });
    // Probes that come together wait for one and the same run.
    const together = await Promise.all([1, 2, 3].map(() => send(service.managementPort, '/readyz')));
    expect(together).toEqual([1, 2, 3].map(() => expect.objectContaining({ status: 503, body })));
    expect(service.events.filter((event) => event === 'fixture.check')).toHaveLength(2);
  });

  it('that hangs once is given up after its time, told so, and asked again', async () => {
    const service = await Service.start({ args: fixture('check-hangs-once') });
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
    await service.event('fixture.check-given-up');
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 200 });
    expect(service.events.filter((event) => event === 'fixture.check')).toHaveLength(2);
  });

  it('that always hangs leaves no more than five runs behind, and is asked rarely from then on', async () => {
    const service = await Service.start({ args: fixture('check-hangs') });
    for (let probe = 0; probe < 8; probe += 1) {
      expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 503 });
    }
    expect(service.events.filter((event) => event === 'fixture.check')).toHaveLength(5);
    expect((await send(service.managementPort, '/readyz')).body).toContain('5 runs of it hang');
  });
});
