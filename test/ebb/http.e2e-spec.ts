import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Answer, type RequestOptions, send } from './support/http-client.js';
import { inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { endServices, fixture, Service } from './support/service.js';

/** What the body parser takes at most, 100 kB. */
const BODY_LIMIT = 102_400;

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

const JSON_BODY = { 'content-type': 'application/json' };

let service: Service;

function counted(answer: Answer): number {
  expect(answer).toMatchObject({ status: 200 });
  return (JSON.parse(answer.body) as { num: number }).num;
}

/** Asks for something that a well-behaved client would not, and returns all that comes back until the service hangs up. */
async function askRaw(text: string): Promise<string> {
  const socket = await RawSocket.open(service.port);
  socket.write(text);
  await socket.closed;
  return socket.received;
}

describe('the counter', () => {
  beforeAll(async () => {
    service = await Service.start({ env: { SAMPLE_DELAY_SECONDS: '0.25' } });
  });
  afterAll(endServices);

  it('counts up by one with every answer, whichever route gives it', async () => {
    const first = counted(await send(service.port, '/a'));
    const numbers = [];
    for (const path of ['/', '/a', '/?delay=0', '/a', '/?delay=0.05']) {
      numbers.push(counted(await send(service.port, path)));
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5].map((step) => first + step));
  });

  it('counts in the order of the answers, not of the requests', async () => {
    const slow = send(service.port, '/?delay=1.5');
    await inFlight(service, 1);
    const quick = counted(await send(service.port, '/a'));
    expect(counted(await slow)).toBe(quick + 1);
  });

  it('takes SAMPLE_DELAY_SECONDS for GET /', async () => {
    const { status, ms } = await send(service.port, '/');
    expect(status).toBe(200);
    // A timer may be early by its rounding. The upper bound only tells it from the default.
    expect(ms).toBeGreaterThanOrEqual(245);
    expect(ms).toBeLessThan(8_000);
  });

  it.each(['0', '0.25', '0.0', '00.1'])('takes ?delay=%s', async (delay) => {
    const { status, ms } = await send(service.port, `/?delay=${delay}`);
    expect(status).toBe(200);
    expect(ms).toBeGreaterThanOrEqual(Number(delay) * 1_000 - 5);
  });

  it('prefers ?delay= to SAMPLE_DELAY_SECONDS, up to 60 seconds', async () => {
    // One of its own, which its handler outlives.
    const own = await Service.start({ env: { SAMPLE_DELAY_SECONDS: '0.25' } });
    const patient = await RawSocket.open(own.port);
    patient.write('GET /?delay=60 HTTP/1.1\r\nHost: x\r\n\r\n');
    await inFlight(own, 1);
    // Sent later and with the shorter delay of the configuration, this one is back first.
    await send(own.port, '/');
    expect(patient.received).toBe('');
    own.killGroup();
  });

  it.each(['-1', '61', '60.001', 'abc', '', '1e1', '0x10', '1&delay=2', '%201', '1%20', '+1', 'Infinity', '.5', '5.'])(
    'answers 400 to ?delay=%s and says what it takes',
    async (delay) => {
      const { status, headers, body } = await send(service.port, `/?delay=${delay}`);
      expect(status).toBe(400);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ status: 400, detail: expect.stringMatching(/\bdelay\b.*0 to 60/) });
    },
  );
});

describe('every answer', () => {
  beforeAll(async () => {
    service = await Service.start({ args: fixture() });
  });
  afterAll(endServices);

  it("of an exception with members of its own has them, and not in the place of a problem's", async () => {
    const { status, body } = await send(service.port, '/custom');
    expect(status).toBe(400);
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'no such colour',
      code: 'E17',
      errors: [{ field: 'colour' }],
    });
  });

  it.each(['/a', '/nope', '/unexpected'])(
    'of %s says nothing about what it runs on, and has the security headers of an API',
    async (path) => {
      const { headers } = await send(service.port, path);
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('etag');
      expect(headers).toMatchObject({
        'content-security-policy': "frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    },
  );

  it('says for how long an idle connection is kept: 75 seconds by default', async () => {
    const { headers } = await send(service.port, '/a', { headers: { connection: 'keep-alive' } });
    expect(headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=75' });
  });

  it('to HEAD has the header of GET and no body', async () => {
    const { status, headers, body } = await send(service.port, '/a', { method: 'HEAD' });
    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(headers['content-type']).toContain('application/json');
  });

  it.each<[string, string, RequestOptions, number]>([
    ['an unknown route', '/nope', {}, 404],
    ['a method that a route does not have', '/a', { method: 'POST' }, 404],
    ['a malformed URL', '/%', {}, 404],
    ['a malformed parameter', '/users/%E0%A4%A', {}, 400],
    ['malformed JSON', '/echo', { method: 'POST', headers: JSON_BODY, body: '{"a":' }, 400],
    ['JSON over the limit', '/echo', { method: 'POST', headers: JSON_BODY, body: jsonOf(BODY_LIMIT + 1) }, 413],
    [
      'a form over the limit',
      '/echo',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `a=${'x'.repeat(BODY_LIMIT)}`,
      },
      413,
    ],
    [
      'an encoding that it does not know',
      '/echo',
      { method: 'POST', headers: { ...JSON_BODY, 'content-encoding': 'zip' }, body: '{}' },
      415,
    ],
  ])('to %s is a problem document', async (_circumstance, path, options, status) => {
    const answer = await send(service.port, path, options);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: expect.stringMatching(/^[A-Z][A-Za-z ]+$/),
      status,
      detail: expect.stringMatching(/./),
    });
    expect(answer.body).not.toMatch(/\n|node_modules|\.js:\d+/);
  });

  it('to a body of exactly the limit is a whole one', async () => {
    const body = jsonOf(BODY_LIMIT);
    expect(await send(service.port, '/echo', { method: 'POST', headers: JSON_BODY, body })).toMatchObject({
      status: 201,
      body,
    });
  });

  it('to a request that failed unexpectedly keeps the error for the log', async () => {
    const { status, headers, body } = await send(service.port, '/unexpected');
    expect(status).toBe(500);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 });
    const logged = await service.line(({ msg }) => msg === 'A request failed unexpectedly', 'the error in the log');
    expect(logged).toMatchObject({ level: 'error', err: { message: 'password=hunter2', stack: expect.any(String) } });
  });

  it('that breaks off half-way looks broken to the client', async () => {
    await expect(send(service.port, '/half')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const received = await askRaw('GET /half HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(received).toContain('half of an ans');
    // The last chunk of a whole answer.
    expect(received).not.toContain('0\r\n\r\n');
  });

  it.each([
    ['a malformed request line', 'GARBAGE\r\n\r\n', 400],
    ['HTTP/1.1 without a host', 'GET /a HTTP/1.1\r\n\r\n', 400],
    ['a header over the limit', `GET /a HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('to %s is an error, and the end of the connection', async (_circumstance, text, status) => {
    const received = await askRaw(text);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received.toLowerCase()).toContain('connection: close');
  });
});

describe('with KEEP_ALIVE_SECONDS=1', () => {
  beforeAll(async () => {
    service = await Service.start({ env: { KEEP_ALIVE_SECONDS: '1' } });
  });
  afterAll(endServices);

  it('an idle connection is told so and closed, without a reset', async () => {
    const socket = await RawSocket.open(service.port);
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    const received = await socket.until((text) => text.endsWith('}'));
    expect(received).toContain('Keep-Alive: timeout=1\r\n');
    expect(await socket.closed).toBeUndefined();
  });

  it('a client that does not come to the end of its header gets 408', async () => {
    const startedAt = performance.now();
    const received = await askRaw('GET /a HTTP/1.1\r\nHost: x\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    // Not before the time-out for headers, which is a second above that for idle connections.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_900);
  });
});

/** A JSON document of exactly this many bytes. */
function jsonOf(bytes: number): string {
  return `{"a":"${'x'.repeat(bytes - 8)}"}`;
}
