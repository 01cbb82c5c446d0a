/** The seams between Ebb and an application, each used by ten lines of an application that knows nothing of Ebb's inside. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { send } from './support/http-client.js';
import { refusal } from './support/refusal.js';
import { app, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

const JSON_BODY = { 'Content-Type': 'application/json' };

/** Why the application with these traits was refused. */
function refusalOf(traits: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return refusal({ args: app('seams', ...traits), env });
}

describe('an application that uses every seam', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start({
      args: app('seams'),
      env: { SEAM_IS_ON: 'true', SEAM_SIZE: '7', SEAM_COLOUR: ' ' },
    });
  });
  afterAll(endServices);

  it('is handed its settings, typed, with their defaults', async () => {
    const { body } = await send(service.port, '/settings');
    expect(JSON.parse(body)).toEqual({
      SEAM_WAIT_SECONDS: 0.1,
      SEAM_PORT: 5_432,
      SEAM_IS_ON: true,
      SEAM_COLOUR: 'green',
      SEAM_DATABASE_URL: 'postgres://localhost/seams',
      SEAM_SIZE: 7,
    });
  });

  it('has pages of its own on the management port, and nowhere else', async () => {
    await send(service.port, '/orders/1', { method: 'POST' });
    expect(await send(service.managementPort, '/debug/queue?verbose')).toMatchObject({ status: 200, body: '["1"]' });
    expect(await send(service.port, '/debug/queue')).toMatchObject({ status: 404 });
    expect(await send(service.managementPort, '/debug/queue', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    });
    expect(await send(service.managementPort, '/debug/queue', { method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await send(service.managementPort, '/debug/flush')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    expect(await send(service.managementPort, '/debug/flush', { method: 'POST' })).toMatchObject({ body: '1' });
  });

  it('answers 500 where a page of its own fails, says so in the log, and keeps its probes', async () => {
    const broken = await send(service.managementPort, '/debug/broken');
    expect(broken).toMatchObject({ status: 500, headers: { 'content-type': expect.stringContaining('problem+json') } });
    expect(broken.body).not.toContain('locked');
    const line = await service.line(({ level }) => level === 'error', 'an error');
    expect(line).toMatchObject({
      msg: expect.stringContaining('/debug/broken'),
      err: { message: 'the queue is locked' },
    });
    expect(await send(service.managementPort, '/livez')).toMatchObject({ status: 200 });
  });

  it('shows its metrics, those of both default registries, and none of them twice', async () => {
    await send(service.port, '/orders/2', { method: 'POST' });
    const { body } = await send(service.managementPort, '/metrics');
    expect(body.match(/^orders_total .*$/gm)).toEqual([expect.not.stringContaining('99')]);
    expect(body).toMatch(/^default_total 2$/m);
    expect(body).toMatch(/^old_total 3$/m);
    const names = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.length).toBe(new Set(names).size);
    expect(service.warnings).toEqual([expect.stringContaining('"orders_total"')]);
  });

  it('adds fields to the lines of one request, and to no other', async () => {
    await Promise.all(['a', 'b', 'c'].map((id) => send(service.port, `/orders/${id}`, { method: 'POST' })));
    const ordered = service.lines.filter(
      ({ event, order }) => event === 'seams.ordered' && /[abc]/.test(String(order)),
    );
    expect(ordered.map(({ order }) => String(order)).toSorted()).toEqual(['a', 'b', 'c']);
    await send(service.port, '/log');
    expect(await service.event('seams.logged')).not.toHaveProperty('order');
  });

  it('has the raw body, CORS and the address that it asked for', async () => {
    const raw = await send(service.port, '/raw', { method: 'POST', headers: JSON_BODY, body: '{"a": 1}' });
    expect(raw.body).toBe('{"a": 1}');
    const { headers, body } = await send(service.port, '/url');
    expect(headers['access-control-allow-origin']).toBe('https://shop.example');
    expect(body).toBe(`http://127.0.0.1:${service.port}`);
  });

  it('has the limits and headers of an application that asks for nothing', async () => {
    const large = await send(service.port, '/orders/3', {
      method: 'POST',
      headers: JSON_BODY,
      body: JSON.stringify('x'.repeat(200_000)),
    });
    expect(large.status).toBe(413);
    const { headers } = await send(service.port, '/log');
    expect(headers['content-security-policy']).toBe("frame-ancestors 'none'");
  });
});

describe('an application that changes what Ebb fixes', () => {
  afterEach(endServices);

  it('has another limit for bodies, and a parser of its own', async () => {
    const service = await Service.start({ args: app('seams', 'large', 'own-parser') });
    const body = JSON.stringify({ x: 'x'.repeat(200_000) });
    expect(await send(service.port, '/orders/3', { method: 'POST', headers: JSON_BODY, body })).toMatchObject({
      status: 201,
    });
    const text = { 'Content-Type': 'text/plain' };
    expect(await send(service.port, '/orders/4', { method: 'POST', headers: text, body: 'abc' })).toMatchObject({
      body: 'abc',
    });
    expect(await send(service.port, '/orders/5', { method: 'POST', headers: text, body })).toMatchObject({
      status: 413,
    });
  });

  it('has no security headers', async () => {
    const service = await Service.start({ args: app('seams', 'bare') });
    const { headers } = await send(service.port, '/log');
    expect(headers).not.toHaveProperty('content-security-policy');
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it("has all of helmet's headers", async () => {
    const service = await Service.start({ args: app('seams', 'helmet') });
    const { headers } = await send(service.port, '/log');
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'cross-origin-opener-policy': 'same-origin',
      'x-frame-options': 'SAMEORIGIN',
    });
  });

  it('has a policy that is made for each request', async () => {
    const service = await Service.start({ args: app('seams', 'csp') });
    const { headers } = await send(service.port, '/log');
    expect(headers['content-security-policy']).toContain("script-src 'nonce-abc'");
  });
});

describe('an application is refused, in one line', () => {
  it('for all mistakes of all settings at once, and of Ebb beside them', async () => {
    const message = await refusalOf([], {
      SEAM_WAIT_SECONDS: 'soon',
      SEAM_PORT: '70000',
      SEAM_IS_ON: 'yes',
      SEAM_COLOUR: 'blue',
      SEAM_DATABASE_URL: 'mysql://me:hunter2@db/seams',
      SEAM_SIZE: '-1',
      LOG_LEVEL: 'loud',
    });
    expect(message).toContain('7 mistakes');
    for (const mistake of [
      'LOG_LEVEL="loud" must be one of',
      'SEAM_WAIT_SECONDS="soon" must be a number of seconds',
      'SEAM_PORT="70000" must be a whole number from 0 to 65535',
      'SEAM_IS_ON="yes" must be true or false',
      'SEAM_COLOUR="blue" must be one of red, green',
      'SEAM_DATABASE_URL="mysql://***@db/seams" must be a URL that begins with postgres://',
      'SEAM_SIZE="-1" Too small',
    ]) {
      expect(message).toContain(`\n- ${mistake}`);
    }
  });

  it('for a secret, without showing it', async () => {
    const message = await refusalOf(['secret'], {
      SEAM_PASSWORD: 'hunter2',
      SEAM_ENCRYPTION_KEY: 'hunter2',
      SEAM_DATABASE_URL: 'postgresql://app@server:hunter2/and more@db/seams',
    });
    expect(message).toContain('SEAM_DATABASE_URL="postgresql://***@db/seams"');
    expect(message).toContain('- SEAM_API_KEY (not set) must be set');
    expect(message).toContain('- SEAM_PASSWORD (7 characters, not shown)');
    expect(message).not.toContain('hunter2');
  });

  it('for one variable that is declared in two ways, or is one of Ebb', async () => {
    const message = await refusalOf(['conflict']);
    expect(message).toContain('SEAM_PORT is declared twice, in two ways');
    expect(message).toContain('PORT is declared by a feature, and is a variable of Ebb itself');
  });

  it.each([
    ['taken', /Queue of SeamsModule.*The path "\/metrics" of the management port is taken/],
    ['malformed', /Queue of SeamsModule.*"debug\/queue\?all" is no path for a page of the management port/],
  ])('for a page whose path is %s, with the provider that adds it', async (trait, message) => {
    expect(await refusal({ args: app('seams', trait) }, true)).toMatch(message);
  });
});
