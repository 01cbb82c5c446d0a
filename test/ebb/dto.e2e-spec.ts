/** DTO classes with class-validator's decorators: validated, whoever forgot to say so. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Answer, send } from './support/http-client.js';
import { app, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

function post(service: Service, path: string, body: unknown): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  return send(service.port, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('a DTO with decorators and without a pipe', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start({ args: app('dto') });
  });
  afterAll(endServices);

  it.each(['/orders', '/inherited/orders'])('is validated as a body: %s', async (path) => {
    expect(await post(service, path, { name: 'abc' })).toMatchObject({ status: 201, body: '{"name":"abc"}' });
    const refused = await post(service, path, { name: 'a' });
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body)).toMatchObject({
      status: 400,
      detail: 'name must be longer than or equal to 3 characters',
    });
  });

  it('is validated as a query', async () => {
    expect(await send(service.port, '/pages?page=x')).toMatchObject({ status: 400 });
  });

  it('is left alone where it has no decorators', async () => {
    expect(await post(service, '/plain', { name: 1 })).toMatchObject({ status: 201, body: '{"name":1}' });
  });

  it('is checked by its schema alone where it has one', async () => {
    expect(await post(service, '/schema', { name: 'a' })).toMatchObject({ status: 201 });
    expect(await post(service, '/schema', { name: 'abcd' })).toMatchObject({ status: 400 });
  });

  it.each(['/own-pipe', '/own-method-pipe'])('is validated as its own pipe says: %s', async (path) => {
    expect(await post(service, path, { name: 'a' })).toMatchObject({ status: 201 });
  });
});

describe('a DTO in an application with a global ValidationPipe', () => {
  it.each(['global-pipe', 'app-pipe'])('is validated by that alone: %s', async (trait) => {
    const service = await Service.start({ args: app('dto', trait) });
    expect(await post(service, '/orders', { name: 'a' })).toMatchObject({ status: 422 });
    expect(await post(service, '/orders', { name: 'abc', more: 1 })).toMatchObject({
      status: 201,
      body: '{"name":"abc"}',
    });
    await endServices();
  });
});
