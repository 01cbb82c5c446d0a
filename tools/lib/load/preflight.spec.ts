import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Target } from './client.js';
import { checkPaths, tryPath, WrongPathError } from './preflight.js';

const settings = { load: 1, fastPath: '/a', workPath: '/?delay={seconds}' };

const asked: string[] = [];

const server = createServer(({ url = '' }, response) => {
  asked.push(url);
  switch (url) {
    case '/hangs':
      return;
    case '/cut':
      response.destroy();
      return;
    default:
      response.writeHead(url === '/a' || url === '/?delay=0.15' ? 200 : 404).end();
  }
});

let target: Target;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
});

beforeEach(() => {
  asked.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the paths of the load', () => {
  it('are asked for once each, with the shortest work that a client asks for', async () => {
    await checkPaths(settings, target);
    expect(asked).toEqual(['/a', '/?delay=0.15']);
  });

  it.each([
    [{ fastPath: '/b' }, 'GET /b is not answered 200 but 404. Name a path'],
    [{ workPath: '/work/{seconds}' }, 'GET /work/0.15 is not answered 200 but 404. Name a path'],
    [{ fastPath: '/cut' }, 'GET /cut is not answered 200 but ECONNRESET. Name a path'],
  ])('are refused where they are not answered 200, with the flags to use: %j', async (wrong, message) => {
    const checked = checkPaths({ ...settings, ...wrong }, target);
    await expect(checked).rejects.toThrow(WrongPathError);
    await expect(checked).rejects.toThrow(message);
    await expect(checked).rejects.toThrow(/--fast-path.*--work-path/);
  });
});

describe('a trial', () => {
  it('gives up after its time', async () => {
    expect(await tryPath('/hangs', target, 50)).toBe('timeout');
  });

  it('says where there is nowhere to go', async () => {
    expect(await tryPath('/a', undefined, 5_000)).toBe('no endpoint');
  });
});
