import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { keepAlive, outcome, send } from './support/http-client.js';
import { inFlight, openConnections } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';

afterEach(endServices);

describe('the lame duck', () => {
  it('turns /readyz red with the reason and keeps /livez green, while other routes answer 200 (F5, F8, F17)', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '5' } });
    const holder = await RawSocket.open(service.port);
    await openConnections(service, 1);
    expect(await send(service.managementPort, '/readyz')).toMatchObject({ status: 200 });

    service.kill('SIGTERM');
    await service.event('shutdown.initiated');

    const readyz = await send(service.managementPort, '/readyz');
    expect(readyz.status).toBe(503);
    expect(JSON.parse(readyz.body)).toMatchObject({
      error: { shutdown: { status: 'down', reason: 'shutdown', phase: 'lame-duck' } },
    });
    expect(await send(service.managementPort, '/livez')).toMatchObject({ status: 200 });
    expect(await send(service.managementPort, '/startupz')).toMatchObject({ status: 200 });
    expect(await send(service.port, '/a')).toMatchObject({ status: 200 });
    // Readiness is red long before any hook of the application runs.
    expect(service.events).not.toContain('fixture.destroyed');
    holder.destroy();
    expect(await service.exited).toEqual(CLEAN);
  });

  it('serves new connections to its end, and refuses none and resets none (F1, F7)', async () => {
    const service = await Service.start({ env: { PROPAGATION_SECONDS: '1', LAME_DUCK_SECONDS: '1' } });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const outcomes: string[] = [];
    while (!service.events.includes('lame-duck.over')) {
      outcomes.push(await outcome(send(service.port, '/a')));
    }
    // Only the very last request may find the door closed: it was sent when the lame duck was over.
    if (outcomes.at(-1)?.startsWith('ECONN') === true) {
      outcomes.pop();
    }
    expect(outcomes.length).toBeGreaterThan(10);
    expect(new Set(outcomes)).toEqual(new Set(['200']));
    expect(await service.exited).toEqual(CLEAN);
  });

  it('says Connection: close on every answer, also to a request already in flight, and on none before (F2, F3)', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '3' } });
    const [slow, quick, wrong] = [keepAlive(), keepAlive(), keepAlive()];
    for (const agent of [slow, quick, wrong]) {
      expect((await send(service.port, '/a', { agent })).headers.connection).toBe('keep-alive');
    }
    const inFlightAtSigterm = send(service.port, '/?delay=0.8', { agent: slow });
    await inFlight(service, 1);

    service.kill('SIGTERM');
    await service.event('shutdown.initiated');

    expect((await send(service.port, '/a', { agent: quick })).headers.connection).toBe('close');
    expect((await send(service.port, '/a', { agent: quick })).headers.connection).toBe('close');
    expect(await send(service.port, '/nowhere', { agent: wrong })).toMatchObject({
      status: 404,
      headers: { connection: 'close' },
    });
    const tooLarge = { method: 'POST', body: 'x'.repeat(200_000), headers: { 'content-type': 'application/json' } };
    expect(await send(service.port, '/echo', tooLarge)).toMatchObject({
      status: 413,
      headers: { connection: 'close' },
    });
    expect(await inFlightAtSigterm).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await service.exited).toEqual(CLEAN);
  });

  it.each(['field', 'object', 'list'])('says so also where code wants the connection kept, by %s', async (form) => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '5' } });
    const [path, agent] = [`/stay/${form}`, keepAlive()];
    expect((await send(service.port, path, { agent })).headers.connection).toBe('keep-alive');
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    expect(await send(service.port, path, { agent })).toMatchObject({
      status: 200,
      headers: { connection: 'close', 'x-form': form },
    });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('answers early, while a body is still arriving, without resetting the client that sends it', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '5' } });
    const socket = await RawSocket.open(service.port, true);
    await openConnections(service, 1);
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    const length = 2_000_000;
    socket.write(
      `POST /early HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`,
    );
    await socket.until((received) => received.includes('early'));
    for (let sent = 0; sent < length; sent += 100_000) {
      socket.write('x'.repeat(100_000));
      await sleep(5);
    }
    socket.socket.end();
    expect(await socket.closed).toBeUndefined();
    expect(await service.exited).toEqual(CLEAN);
  });

  it('ends as soon as the last client has gone, when endpoint propagation is covered', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '10' } });
    const agent = keepAlive();
    await send(service.port, '/a', { agent });
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');

    expect(service.events).not.toContain('lame-duck.over');
    agent.destroy();

    expect(await service.event('lame-duck.over')).toMatchObject({ reason: 'no connection left' });
    expect(Number(service.moment('lame-duck.over')['elapsedMs'])).toBeLessThan(8_000);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('stays, without any client, until the endpoints have forgotten the pod: t >= D - P', async () => {
    const env = { PROPAGATION_SECONDS: '2', PRE_STOP_SECONDS: '0.8', LAME_DUCK_SECONDS: '8' };
    const service = await Service.start({ env });
    service.kill('SIGTERM');
    const over = await service.event('lame-duck.over');
    expect(over).toMatchObject({ reason: 'no connection left' });
    expect(Number(over['elapsedMs'])).toBeGreaterThanOrEqual(1_200);
    expect(Number(over['elapsedMs'])).toBeLessThan(8_000);
  });

  // P and D say when the endpoints had forgotten a pod that was deleted: at SIGTERM, or 10 s before it. Who connected after
  // that was still sent here, so that the pod was not deleted, and only its container is restarted.
  it.each([
    ['stays for all of A when a client connected', '0', 'time is up'],
    ['ends at once when none did', '10', 'no connection left'],
  ])('%s after the endpoints should have forgotten the pod', async (_what, propagation, reason) => {
    const env = { PRE_STOP_SECONDS: '10', PROPAGATION_SECONDS: propagation, LAME_DUCK_SECONDS: '1' };
    const service = await Service.start({ env });
    await send(service.port, '/a');
    await openConnections(service, 0);
    service.kill('SIGTERM');
    expect(await service.event('lame-duck.over')).toMatchObject({ reason });
    expect(await service.exited).toEqual(CLEAN);
  });

  it('ends after A at the latest, whoever is still connected', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '1' } });
    await RawSocket.open(service.port);
    await openConnections(service, 1);
    service.kill('SIGTERM');
    const over = await service.event('lame-duck.over');
    expect(over).toMatchObject({ reason: 'time is up' });
    expect(Number(over['elapsedMs'])).toBeGreaterThanOrEqual(1_000);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('tells business code through Lifecycle.leaving at its start, while requests are still served (F9)', async () => {
    const service = await Service.start({ args: fixture(), env: { LAME_DUCK_SECONDS: '5' } });
    const agent = keepAlive();
    expect(JSON.parse((await send(service.port, '/state', { agent })).body)).toEqual({
      tornDown: false,
      leaving: false,
    });
    service.kill('SIGTERM');
    await service.event('fixture.leaving');
    expect(JSON.parse((await send(service.port, '/state', { agent })).body)).toEqual({
      tornDown: false,
      leaving: true,
    });
    await service.exited;
    expect(service.events.filter((event) => event !== 'startup.complete')).toEqual([
      'shutdown.initiated',
      'fixture.leaving',
      'lame-duck.over',
      'listener.closed',
      'requests.drained',
      'fixture.destroyed',
      'fixture.last-hook',
      'shutdown.complete',
    ]);
  });
});

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('pipelined requests', () => {
  it('are all answered, and only the last answer says Connection: close', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '3' } });
    const socket = await RawSocket.open(service.port);
    socket.write(ask('/?delay=0.5'));
    await inFlight(service, 1);
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');

    // The first one was told to close at SIGTERM; now there are two behind it.
    socket.write(ask('/a') + ask('/?delay=0.1'));

    await socket.closed;
    expect(socket.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
    expect(socket.received.match(/Connection: (\S+)/g)).toEqual([
      'Connection: keep-alive',
      'Connection: keep-alive',
      'Connection: close',
    ]);
    expect(await service.exited).toEqual(CLEAN);
  });

  it('sent in one packet while the pod leaves are all answered', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '3' } });
    const socket = await RawSocket.open(service.port);
    await openConnections(service, 1);
    service.kill('SIGTERM');
    await service.event('shutdown.initiated');
    socket.write(ask('/a').repeat(5));
    await socket.closed;
    expect(socket.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(5);
  });
});
