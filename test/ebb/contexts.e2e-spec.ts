/** What is thrown in GraphQL, in a message handler and in a gateway is answered as Nest answers it; over HTTP as Ebb does. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ClientProxyFactory, type ClientTCP, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { WebSocket } from 'ws';
import { Ports } from '../../tools/lib/processes/ports.js';
import { send } from './support/http-client.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

describe('an exception', () => {
  let service: Service;
  let client: ClientTCP;

  beforeAll(async () => {
    const port = await new Ports().take();
    service = await Service.start({ args: app('contexts', String(port)) });
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }) as ClientTCP;
  });
  afterAll(async () => {
    client.close();
    await endServices();
  });

  async function query(text: string): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json' };
    const { body } = await send(service.port, '/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: text }),
    });
    return JSON.parse(body);
  }

  const call = (pattern: string) => firstValueFrom(client.send<unknown>(pattern, {}).pipe(timeout(5_000)));

  it('of a GraphQL resolver is an error of GraphQL', async () => {
    expect(await query('{ order }')).toEqual({ data: { order: 'an order' } });
    expect(await query('{ missing }')).toMatchObject({ errors: [{ message: 'no such order', path: ['missing'] }] });
    expect(await query('mutation { broken }')).toMatchObject({ errors: [{ path: ['broken'] }] });
  });

  it('of a message handler reaches the client that waits for it', async () => {
    expect(await call('order')).toBe('an order');
    await expect(call('missing')).rejects.toMatchObject({ status: 'error', message: 'no such order' });
    await expect(call('broken')).rejects.toMatchObject({ status: 'error', message: 'Internal server error' });
  });

  it('of a gateway is a message of the socket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${service.port}/ws`);
    const answer = new Promise<string>((resolve, reject) => {
      socket.on('message', (data: Buffer) => resolve(data.toString())).on('error', reject);
      socket.on('open', () => socket.send(JSON.stringify({ event: 'missing', data: {} })));
    });
    expect(JSON.parse(await answer)).toMatchObject({ event: 'exception', data: { message: 'no such order' } });
    socket.terminate();
  });

  it('of a route is a problem document', async () => {
    expect(await send(service.port, '/missing')).toMatchObject({
      status: 404,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
    });
  });

  it('of whichever of them leaves the log without an error of Ebb itself, and the pod leaves', async () => {
    const errors = service.lines.filter(({ level, context }) => level === 'error' && context === 'Http');
    expect(errors).toEqual([]);
    expect(service.log).not.toContain('is not a function');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });
});
