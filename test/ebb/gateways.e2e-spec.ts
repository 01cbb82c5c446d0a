/**
 * Gateways when the pod leaves, with real clients under load: each message that was handled has its reply before the goodbye, and
 * each message without one was not handled. The control is Nest alone.
 */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { io } from 'socket.io-client';
import { GatewayClient, type Library } from './support/gateway-client.js';
import { app, CLEAN, endServices, FAILED, Service, SHORT_BUDGET, stock } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

afterEach(endServices);

const LIBRARIES: readonly Library[] = ['ws', 'io', 'io-polling'];

// Long enough for a client without a WebSocket to fetch its last reply: once nobody is accepted any more, it cannot.
const LAME_DUCK = { LAME_DUCK_SECONDS: '2', PROPAGATION_SECONDS: '2' };

/** The application's argument for a client of this library. */
const gatewayOf = (library: Library) => (library === 'ws' ? 'ws' : 'io');

const serve = (library: Library, env: Readonly<Record<string, string>> = LAME_DUCK) =>
  Service.start({ args: app('gateway', gatewayOf(library)), env });

const serveStock = (library: Library) => Service.start({ args: stock('gateway', gatewayOf(library)) });

/** The ids of the messages whose handlers the log says that of. */
const ids = (service: Service, what: 'taken' | 'done' | 'onClosedPool') =>
  service.lines.flatMap(({ [what]: id }) => (typeof id === 'string' ? [id] : []));

/** Clients that send a message each few milliseconds, whose handlers take 50 to 150 ms, until they are told to go. */
async function crowd(service: Service, library: Library): Promise<GatewayClient[]> {
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, index) => GatewayClient.open(library, service.port, String(index))),
  );
  clients.forEach((client) => client.sendOrders(10, () => 50 + Math.random() * 100));
  await Promise.all(clients.map((client) => client.untilReplies(3)));
  return clients;
}

describe.each(LIBRARIES)('clients of a gateway (%s)', (library) => {
  it('have the reply to each message that was handled before they are told to go', async () => {
    const service = await serve(library);
    const clients = await crowd(service, library);
    service.kill('SIGTERM');
    const ends = await Promise.all(clients.map(({ closed }) => closed));
    expect(await service.exited).toEqual(CLEAN);
    const comesBack = library === 'ws' ? '1001' : 'transport close, active';
    expect(new Set(ends)).toEqual(new Set([comesBack]));
    const replied = clients.flatMap(({ replies }) => replies);
    const taken = ids(service, 'taken').filter((id) => id !== 'goodbye');
    expect(replied.toSorted()).toEqual(taken.toSorted());
    // The case was there: some were on their way when the goodbye began, and nobody took them.
    expect(clients.flatMap(({ sent }) => sent).length).toBeGreaterThan(taken.length);
    // What a gateway does when a client goes is waited for as well.
    expect(ids(service, 'done').filter((id) => id === 'goodbye')).toHaveLength(clients.length);
    expect(ids(service, 'onClosedPool')).toEqual([]);
  });

  it('lose replies and are cut under Nest alone', async () => {
    const service = await serveStock(library);
    const clients = await crowd(service, library);
    service.kill('SIGTERM');
    const ends = await Promise.all(clients.map(({ closed }) => closed));
    await service.exited;
    expect(ends).not.toContain('1001');
    const replied = clients.flatMap(({ replies }) => replies);
    expect(ids(service, 'taken').filter((id) => id !== 'goodbye').length).toBeGreaterThan(replied.length);
  });

  it('hear the first reply of an Observable that was silent so far, and no more of one that was not', async () => {
    const service = await serve(library, {});
    const streaming = await GatewayClient.open(library, service.port, 'streaming');
    streaming.send('ticks', {});
    const waiting = await GatewayClient.open(library, service.port, 'waiting');
    const silent = await GatewayClient.open(library, service.port, 'silent');
    silent.send('never', {});
    await streaming.untilTicks(3);
    waiting.send('once', { id: 'waiting', ms: 700 });
    // Messages of one client are handled in order.
    waiting.send('order', { id: 'after', ms: 0 });
    await waiting.untilReplies(1);
    const leftAt = performance.now();
    service.kill('SIGTERM');
    await streaming.closed;
    expect(performance.now() - leftAt).toBeLessThan(600);
    await waiting.closed;
    expect(waiting.replies).toEqual(['after', 'waiting']);
    await silent.closed;
    expect(performance.now() - leftAt).toBeGreaterThan(2_400);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('have the reply of a handler behind an interceptor, however long it takes, and it is finished when they have gone', async () => {
    const service = await serve(library, {});
    const [waits, goes] = await Promise.all([
      GatewayClient.open(library, service.port, 'waits'),
      GatewayClient.open(library, service.port, 'goes'),
    ]);
    // Longer than a client has to answer its goodbye.
    waits.send('timed', { id: 'waited-for', ms: 3_200 });
    goes.send('timed', { id: 'gone', ms: 1_500 });
    await service.line(({ taken }) => taken === 'gone', 'the message of the one that goes');
    await service.line(({ taken }) => taken === 'waited-for', 'the other message');
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    goes.close();
    await waits.closed;
    expect(await service.exited).toEqual(CLEAN);
    // Who polls cannot fetch it any more: without a lame duck nobody is accepted.
    expect(waits.replies).toEqual(library === 'io-polling' ? waits.replies : ['waited-for']);
    expect(ids(service, 'done')).toEqual(expect.arrayContaining(['gone', 'waited-for']));
    expect(ids(service, 'onClosedPool')).toEqual([]);
  });

  it('whose message takes too long are cut and named', async () => {
    const service = await serve(library, SHORT_BUDGET);
    const client = await GatewayClient.open(library, service.port, 'late');
    client.send('order', { id: 'long', ms: 30_000 });
    client.send('order', { id: 'short', ms: 0 });
    await client.untilReplies(1);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.forced')['gateways']).toEqual([expect.objectContaining({ messages: ['order'] })]);
    expect(service.moment('shutdown.complete')['forced']).toContain('"order" in work');
    await client.closed;
  });
});

describe('a gateway', () => {
  it('with a port of its own is drained as well', async () => {
    const port = await new Ports().take();
    const service = await Service.start({ args: app('gateway', 'ws', 'adapter', String(port)), env: LAME_DUCK });
    const clients = await Promise.all(Array.from({ length: 5 }, () => GatewayClient.open('ws', port, 'own')));
    clients.forEach((client, index) => client.send('order', { id: `own-${index}`, ms: 300 }));
    clients.forEach((client) => client.send('order', { id: 'first', ms: 0 }));
    await Promise.all(clients.map((client) => client.untilReplies(1)));
    service.kill('SIGTERM');
    const late = service.event('shutdown.initiated').then(() => GatewayClient.open('ws', port, 'late'));
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(Array.from({ length: 5 }, () => '1001'));
    expect(clients.flatMap(({ replies }) => replies)).toHaveLength(10);
    expect(await (await late).closed).toBe('1001');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('that turns a client away when it connects is not held by it', async () => {
    const service = await serve('io', {});
    const unwelcome = io(`http://127.0.0.1:${service.port}`, {
      transports: ['websocket'],
      reconnection: false,
      auth: { unwelcome: true },
    });
    await new Promise((resolve) => {
      unwelcome.once('disconnect', resolve);
    });
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(3_000);
  });

  it('whose message calls process.exit() while others are in work does not leave with 0', async () => {
    const service = await serve('ws');
    const client = await GatewayClient.open('ws', service.port, 'exits');
    client.send('order', { id: 'long', ms: 10_000 });
    client.send('exit', {});
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('shutdown.forced').msg).toMatch(/something called process\.exit\(0\); .*"order"/);
  });

  it.each([
    ['socket.io, as Nest does', [], 'io'],
    ['ws where that alone is installed', ['@nestjs/platform-socket.io'], 'ws'],
  ] as const)('without an adapter takes %s', async (_, missing, library) => {
    const hide = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(specifier, context, next) {
        if (${JSON.stringify(missing)}.includes(specifier)) throw new Error('not installed');
        return next(specifier, context);
      } });`;
    const service = await Service.start({
      args: ['--import', `data:text/javascript,${encodeURIComponent(hide)}`, ...app('gateway', library, 'default')],
    });
    const client = await GatewayClient.open(library, service.port, 'default');
    client.send('order', { id: 'default', ms: 0 });
    await client.untilReplies(1);
    service.kill('SIGTERM');
    expect(await client.closed).toBe(library === 'ws' ? '1001' : 'transport close, active');
    expect(await service.exited).toEqual(CLEAN);
  });
});
