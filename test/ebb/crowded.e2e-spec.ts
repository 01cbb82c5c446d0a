/** A pod with too much of something: connections, log lines that nobody reads, bodies that do not come. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { until } from '../../tools/lib/processes/until.js';
import { outcome, send } from './support/http-client.js';
import { connectionsMade, inFlight } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, fixture, Service } from './support/service.js';
import { untilAnswer } from './support/until-answer.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

afterEach(endServices);

/** The service with as many file descriptors, of which Node takes some 30 itself. */
function withDescriptors(count: number, env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const args = ['-c', `ulimit -n ${count}; exec "$0" "$@"`, process.execPath, ...fixture()];
  return Service.start({ command: 'sh', args, env });
}

const CROWD = 300;

async function crowd(service: Service): Promise<void> {
  for (let opened = 0; opened < CROWD; opened += 1) {
    await RawSocket.open(service.port);
  }
}

describe('more clients than there are file descriptors', () => {
  it('leave room for probes, and are counted', async () => {
    const service = await withDescriptors(200);
    await crowd(service);
    const probes = await Promise.all(['/livez', '/readyz'].map((path) => outcome(send(service.managementPort, path))));
    expect(probes).toEqual(['200', '200']);
    const counts = await connectionsMade(service, CROWD);
    expect(counts.open).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(20);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
  });

  it('are refused beyond MAX_CONNECTIONS', async () => {
    const service = await Service.start({ env: { MAX_CONNECTIONS: '3' } });
    await Promise.all(Array.from({ length: 6 }, () => RawSocket.open(service.port)));
    expect(await connectionsMade(service, 6)).toEqual({ open: 3, refused: 3 });
  });

  it('take the probes with them where the limit leaves no room (negative control)', async () => {
    const service = await withDescriptors(200, { MAX_CONNECTIONS: '1000' });
    await crowd(service);
    // The kernel has them all; the service takes one per turn of its loop.
    await until(
      'every descriptor to be taken',
      () => (readdirSync(`/proc/${service.pid}/fd`).length >= 199 ? true : undefined),
      () => false,
      () => `${readdirSync(`/proc/${service.pid}/fd`).length} are.`,
    );
    const probe = await Promise.race([outcome(send(service.managementPort, '/livez')), sleep(2_000, 'silence')]);
    expect(probe).not.toBe('200');
  });
});

describe('a listener with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-tls-'));
  const pem = join(folder, 'key-and-certificate.pem');

  beforeAll(() => {
    const subject = ['-subj', '/CN=127.0.0.1', '-days', '1', '-nodes', '-newkey', 'rsa:2048'];
    execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', pem, '-out', `${pem}.crt`], { stdio: 'pipe' });
    appendFileSync(pem, readFileSync(`${pem}.crt`));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is not held by a connection that never shakes hands, and answers what is in flight', async () => {
    const service = await Service.start({ args: fixture(), env: { FIXTURE_PEM: pem, LAME_DUCK_SECONDS: '0.2' } });
    await RawSocket.open(service.port);
    const answer = new Promise<number | undefined>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: service.port, path: '/?delay=1', rejectUnauthorized: false };
      get({ ...options, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toBe(200);
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(5_000);
  });
});

describe('standard output that nobody reads', () => {
  it('stops neither answers, nor probes, nor the end', async () => {
    const ports = new Ports();
    const [port, managementPort] = [await ports.take(), await ports.take()];
    const child = spawn(process.execPath, fixture(), {
      env: { PORT: String(port), MANAGEMENT_PORT: String(managementPort), HOST: '127.0.0.1', LAME_DUCK_SECONDS: '0.2' },
      // A pipe that is not read until the test says so.
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const ended = once(child, 'exit');
      await untilAnswer(
        'readiness',
        () => outcome(send(managementPort, '/readyz')),
        (answer) => answer === '200',
      );
      for (let round = 0; round < 12; round += 1) {
        expect(await outcome(send(port, '/chatter'))).toBe('200');
      }
      expect(await outcome(send(managementPort, '/livez'))).toBe('200');
      child.kill('SIGTERM');
      const [code] = (await ended) as [number];
      expect(code).toBe(0);
      let text = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        text += String(chunk);
      }
      // What the pipe took is there; 2.4 MB were said.
      expect(text.length).toBeGreaterThan(50_000);
      expect(text.length).toBeLessThan(1_500_000);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('and is read again says how many lines are missing, and has the last words', async () => {
    const service = await Service.start({ args: fixture() });
    service.pauseOutput();
    for (let round = 0; round < 12; round += 1) {
      expect(await outcome(send(service.port, '/chatter'))).toBe('200');
    }
    service.resumeOutput();
    const line = await service.line(({ dropped }) => dropped !== undefined, 'a line about what was dropped');
    const said = service.events.filter((event) => event === 'fixture.chatter').length;
    expect(said + Number(line['dropped'])).toBe(12 * 200);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.lines.at(-1)?.event).toBe('shutdown.complete');
  });
});

describe('a body', () => {
  const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  it('that is long and never pauses arrives, however long it takes', async () => {
    const service = await Service.start({
      args: fixture(),
      env: { UPLOAD_PAUSE_SECONDS: '1', KEEP_ALIVE_SECONDS: '1' },
    });
    const socket = await RawSocket.open(service.port);
    socket.write(`${head}Content-Length: 42008\r\n\r\n{"a":"`);
    for (let piece = 0; piece < 14; piece += 1) {
      socket.write('x'.repeat(3_000));
      await sleep(300);
    }
    socket.write('"}');
    await socket.until((received) => received.includes('\r\n\r\n'));
    expect(socket.received).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });

  it("that the handler does not read yet is nobody's pause", async () => {
    const service = await Service.start({ args: fixture(), env: { UPLOAD_PAUSE_SECONDS: '1' } });
    const headers = { 'Content-Type': 'application/octet-stream' };
    const body = 'x'.repeat(4_000_000);
    const sent = await send(service.port, '/patient', { method: 'POST', headers, body });
    expect(sent).toMatchObject({ status: 201, body: '4000000' });
  });

  it('that pauses for too long is answered 408, as a problem document', async () => {
    const service = await Service.start({ args: fixture(), env: { UPLOAD_PAUSE_SECONDS: '1' } });
    const socket = await RawSocket.open(service.port);
    socket.write(`${head}Content-Length: 100\r\n\r\n{"half":`);
    await socket.closed;
    expect(socket.received).toMatch(/^HTTP\/1\.1 408 [^]*problem\+json[^]*Connection: close[^]*"status":408\}$/);
    expect(service.warnings).toEqual([]);
    expect(await outcome(send(service.port, '/a'))).toBe('200');
  });
});
