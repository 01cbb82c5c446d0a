/**
 * The promise, and what shows that its zero means something: the same rolling deploy under the same load, of Ebb and of
 * stock Nest services. Runs alone on the machine (see `npm test`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../lib/processes/until.js';
import { type ConnectionCounts, countsOf } from '../lib/connections/counts.js';
import type { RolloutResult } from '../lib/load/result.js';

interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
  readonly picture: string;
  readonly result: RolloutResult;
}

/** Not the built service: what it answers is its owner's to say. */
const EBB = `${process.execPath} dist-test/tools/lib/peers/ebb.main.js`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollout-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['dist-test/tools/rollout/main.js', ...args], { env, stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** The short form: two pods, a long request of 3 s, a grace period of 8 s. */
async function rollout(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const [json, picture] = [join(folder, 'result.json'), join(folder, 'rollout.html')];
  const short = ['--service', EBB, '--replicas', '2', '--load', '0.6', '--long', '3', '--grace', '8'];
  const { code: exitCode, output } = await run([...short, '--json', json, '--picture', picture, ...args], {
    PATH: process.env['PATH'],
    ...env,
  });
  return {
    exitCode,
    output,
    picture: await readFile(picture, 'utf8'),
    result: JSON.parse(await readFile(json, 'utf8')) as RolloutResult,
  };
}

/** Clients that stay connected: at this load more than 20 of each kind. */
const CONNECTED = ['--sockets', '/echo', '--streams', '/ticks'];

const connectionsOf = ({ connections = [] }: RolloutResult) =>
  connections.map((record): [string, ConnectionCounts] => [record.kind, countsOf(record)]);

const oldPods = (result: RolloutResult) => result.pods.filter(({ generation }) => generation === 'old');

describe('a rolling deploy of Ebb', () => {
  it('loses no request, tells whoever stays connected, and every pod goes by itself as soon as its last request has', async () => {
    // R covers the longest request that a client sends, and the grace period covers everything.
    const env = { DRAIN_TIMEOUT_SECONDS: '3', CLEANUP_SECONDS: '0.5' };
    const args = ['--pre-stop', '0.5', '--propagation', '1', '--lame-duck', '1.5', '--grace', '12'];
    const { exitCode, output, picture, result } = await rollout([...args, ...CONNECTED], env);

    expect(result.failures).toEqual([]);
    expect(exitCode).toBe(0);
    expect(result.kinds).toHaveLength(6);
    for (const { requests } of result.kinds) {
      expect(requests).toBeGreaterThan(0);
    }
    expect(oldPods(result).map(({ exit }) => exit)).toEqual(['0', '0']);
    for (const { sigtermToExitMs } of oldPods(result)) {
      // What was in flight or came in the lame duck of 1.5 s took 3 s at the most.
      expect(sigtermToExitMs).toBeLessThan(5_000);
    }
    expect(output).toContain('Not one request failed.');
    expect(output).toMatch(/^all +[\d,]+ +0$/m);
    expect(picture).toContain('<svg');

    expect(connectionsOf(result).map(([kind]) => kind)).toEqual(['sockets', 'streams']);
    for (const [, counts] of connectionsOf(result)) {
      expect(counts).toMatchObject({ cut: 0, closed: 0, refusedForGood: 0, gaps: 0, missing: 0 });
      expect(counts.clients).toBeGreaterThanOrEqual(20);
      // Two pods of two are replaced, so each client has moved, and a second time if it came to the other old one.
      expect(counts.moved).toBeGreaterThanOrEqual(counts.clients);
      expect(counts.told).toBe(counts.moved + counts.returned);
      expect(counts.mostReturns).toBeLessThanOrEqual(1);
      // They are told one after the other, and each comes back after a time of its own.
      expect(counts.rush).toBeLessThan(counts.clients / 2);
    }
    expect(output).toContain('Not one connection was cut, or missed anything.');
    expect(output).toMatch(/^cut +0 +0$/m);
    expect(picture).toContain('streams of events');
  });
});

describe('the same rolling deploy loses requests and cuts connections (negative control)', () => {
  it.each([
    ['of a stock Nest service', 'stock'],
    ['with enableShutdownHooks', 'hooks'],
    ["with terminus' gracefulShutdownTimeoutMs", 'terminus'],
  ])('%s', async (_what, peer) => {
    const service = `${process.execPath} dist-test/tools/lib/peers/peer.js ${peer}`;
    const { exitCode, output, result } = await rollout(['--service', service, ...CONNECTED]);
    expect(result.failures.length).toBeGreaterThan(0);
    expect(exitCode).toBe(1);
    expect(output).toContain(`${result.failures.length} requests failed.`);
    for (const [kind, { clients, cut, told }] of connectionsOf(result)) {
      expect(cut).toBeGreaterThanOrEqual(clients);
      expect(told).toBe(0);
      expect(output).toContain(`${cut} ${kind} were cut`);
    }
    const [sockets] = result.connections ?? [];
    const details = sockets?.clients.flatMap(({ openings }) => openings.flatMap(({ detail = [] }) => detail));
    expect(details?.filter((detail) => !detail.startsWith('1006'))).toEqual([]);
  });

  it('of Ebb itself, with neither preStop nor lame duck to cover the endpoints', async () => {
    const args = ['--pre-stop', '0', '--lame-duck', '0', '--propagation', '1'];
    // What is refused at boot with the truth about the propagation is what loses requests without it.
    const env = { DRAIN_TIMEOUT_SECONDS: '1', CLEANUP_SECONDS: '0.1' };
    const service = `env PROPAGATION_SECONDS=0 ${EBB}`;
    const { result, exitCode } = await rollout([...args, '--service', service], env);
    expect(result.failures.length).toBeGreaterThan(0);
    expect(result.failures.map(({ reason }) => reason)).toContain('ECONNREFUSED');
    expect(exitCode).toBe(1);
  });
});

describe('the rollout tool', () => {
  it.each([
    [['--replicas', '0'], '--replicas must be a number from 1 to 20, not "0".'],
    [['--replicas', '2.5'], '--replicas must be a whole number, not "2.5".'],
    [['--grace', 'soon'], '--grace must be a number from 0 to 600, not "soon".'],
    [['--long', '1'], '--long must exceed --pre-stop'],
    [['--shout'], "Unknown option '--shout'"],
  ])('refuses %j with one line and its usage', async (args, message) => {
    const { code, output } = await run(args);
    expect(code).toBe(2);
    expect(output).toContain(message);
    expect(output).toContain('npm run rollout -- [options]');
  });

  it('says what a service printed that does not start, and leaves nothing running', async () => {
    const service = `${process.execPath} -e "console.log('no database today'); process.exit(3)"`;
    const { code, output } = await run(['--service', service]);
    expect(code).toBe(1);
    expect(output).toMatch(/old-\d exited \(3\)/);
    expect(output).toContain('no database today');
  });

  it.each([
    [['--fast-path', '/nowhere'], 'GET /nowhere is not answered 200 but 404. '],
    [['--work-path', '/nowhere?for={seconds}'], 'GET /nowhere?for=0.15 is not answered 200 but 404. '],
    [['--sockets', '/nowhere'], 'There is not a WebSocket at /nowhere but: '],
    [['--streams', '/a'], 'There is not a stream of events at /a but: 200 application/json'],
  ])('does not begin where clients would ask for what is not there: %j', async (args, message) => {
    const { code, output } = await run(['--service', EBB, ...args]);
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).toContain(args[0]);
    expect(output).not.toContain('deleted');
  });

  it('ends every process it started when it is interrupted', async () => {
    const args = ['--service', EBB, '--picture', join(folder, 'x.html')];
    const child = spawn(process.execPath, ['dist-test/tools/rollout/main.js', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own: the pods belong to it as well.
      detached: true,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('a pod to be deleted', () => (output.includes('deleted') ? true : undefined));
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(output).toContain('Interrupted');
    await until('the process group to be empty', () => (isThere(-(child.pid ?? 0)) ? undefined : true));
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
