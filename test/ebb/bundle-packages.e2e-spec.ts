/** Packages that are loaded by a name that no bundler sees: each application answers from its bundle as it does unbundled. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ports } from '../../tools/lib/processes/ports.js';
import { BundledApp, type ProjectOptions } from './support/bundled.js';
import { GatewayClient } from './support/gateway-client.js';
import { send } from './support/http-client.js';
import { ask, client, endClients } from './support/microservice-client.js';
import { app, CLEAN, endServices, FAILED, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

afterEach(async () => {
  await endClients();
  await endServices();
});

const ports = new Ports();

const WORLD = ['@nestjs/swagger', '@nestjs/throttler', 'compression', 'cookie-session', 'express'];

/** Bundles an application for the tests of a block. */
function bundled(name: string, options: ProjectOptions): BundledApp {
  const made = new BundledApp(name, options);
  beforeAll(() => made.make());
  afterAll(() => made.remove());
  return made;
}

describe('DTOs', () => {
  const dto = bundled('dto', { dependencies: ['class-validator', 'class-transformer'] });
  const bare = bundled('dto', { dependencies: ['class-validator'] });

  it('are validated', async () => {
    const answers = await Promise.all(
      [dto.args(), app('dto')].map(async (args) => {
        const { port } = await Service.start({ args });
        const request = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
        const answersOf = ['abc', 'a'].map((name) =>
          send(port, '/orders', { ...request, body: JSON.stringify({ name }) }),
        );
        return (await Promise.all(answersOf)).map(({ status, body }) => ({ status, body }));
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.map(({ status }) => status)).toEqual([201, 400]);
  });

  it('refuse the start without class-transformer', async () => {
    const service = Service.spawn({ args: bare.args() });
    expect(await service.exited).toEqual(FAILED);
    expect(service.log).toMatch(/class-transformer/);
  });
});

describe('gateways', () => {
  const libraries = ['ws', 'io'] as const;
  const both = bundled('gateway', {
    dependencies: ['@nestjs/websockets', '@nestjs/platform-ws', '@nestjs/platform-socket.io'],
  });
  // Found by Ebb, which looks for the adapter that is installed.
  const found = {
    ws: bundled('gateway', { dependencies: ['@nestjs/websockets', '@nestjs/platform-ws'] }),
    io: bundled('gateway', { dependencies: ['@nestjs/websockets', '@nestjs/platform-socket.io'] }),
  };

  it.each(libraries)('of %s reply', async (library) => {
    for (const args of [both.args(library), found[library].args(library, 'default')]) {
      const { port } = await Service.start({ args });
      const one = await GatewayClient.open(library, port, 'one');
      one.send('order', { id: 'an order', ms: 1 });
      await one.untilReplies(1);
      expect(one.replies).toEqual(['an order']);
      one.close();
    }
  });
});

describe('microservices', () => {
  const messages = bundled('microservice', {
    dependencies: ['@nestjs/microservices', '@grpc/grpc-js', '@grpc/proto-loader'],
  });

  it('over TCP and gRPC listen and leave', async () => {
    const [tcp, grpc] = [await ports.take(), await ports.take()];
    const service = await Service.start({ args: messages.args(`tcp:${tcp}`, `grpc:${grpc}`) });
    expect(await ask(await client('tcp', tcp), { id: 'a task', ms: 1 })).toBe('a task');
    await endClients();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('over a broker whose package production does not have are refused', async () => {
    const service = Service.spawn({ args: messages.args('mqtt:1') });
    expect(await service.exited).toEqual(FAILED);
    expect(service.log).toMatch(/The \\"mqtt\\" package is missing/);
  });
});

describe('an application of many libraries', () => {
  const seams = bundled('seams', { dependencies: ['prom-client'] });
  const world = bundled('world', { dependencies: WORLD, external: ['swagger-ui-dist'] });
  const withoutAssets = bundled('world', { dependencies: WORLD });
  const timers = bundled('timers', { dependencies: ['@nestjs/schedule', 'cron'] });
  const contexts = bundled('contexts', {
    dependencies: [
      '@nestjs/graphql',
      '@nestjs/apollo',
      '@apollo/server',
      '@as-integrations/express5',
      'graphql',
      '@nestjs/microservices',
      '@nestjs/websockets',
      '@nestjs/platform-ws',
    ],
  });

  it('shows the metrics of prom-client', async () => {
    const { managementPort } = await Service.start({ args: seams.args() });
    expect((await send(managementPort, '/metrics')).body).toMatch(/^old_total 3$/m);
  });

  it('describes itself by Swagger, with a page whose files lie beside the bundle', async () => {
    const answers = await Promise.all(
      [world.args('swagger'), app('world', 'swagger')].map(async (args) => {
        const { port } = await Service.start({ args });
        const pages = await Promise.all(
          ['/docs-json', '/docs', '/docs/swagger-ui.css'].map((path) => send(port, path)),
        );
        return pages.map(({ status, body }) => ({ status, body }));
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(existsSync(join(world.output, 'node_modules/swagger-ui-dist/swagger-ui.css'))).toBe(true);
    expect(world.said).not.toContain('swagger-ui-dist');
  });

  it('is warned of files that a bundle does not have, and is told what to write (negative control)', async () => {
    expect(withoutAssets.said).toMatch(
      /the package "swagger-ui-dist" reads files beside its code .*"external": \["swagger-ui-dist"\]/,
    );
    const { port } = await Service.start({ args: withoutAssets.args('swagger') });
    expect((await send(port, '/docs/swagger-ui.css')).status).toBe(404);
  });

  it('runs timers', async () => {
    const service = await Service.start({ args: timers.args() });
    await service.event('poll.ended');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('answers GraphQL', async () => {
    const service = await Service.start({ args: contexts.args(String(await ports.take())) });
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ query: '{ order }' });
    expect(await send(service.port, '/graphql', { method: 'POST', headers, body })).toMatchObject({
      status: 200,
      body: expect.stringContaining('{"order":"an order"}'),
    });
  });
});
