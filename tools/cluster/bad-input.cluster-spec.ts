/**
 * What the tools on a cluster say to what cannot work, and that they leave nothing behind. Needs a cluster with the
 * service's image: `npm run test:cluster:specs`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '../lib/processes/until.js';

const NAMESPACE = 'ebb-bad-input';

/** A pull that fails is tried for a while. */
jest.setTimeout(180_000);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-input-'));
});

afterAll(() => rm(folder, { recursive: true }));

// So that a test that fails is the only one.
afterEach(() => {
  kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found');
});

const kubectl = (...args: string[]) => execFileSync('kubectl', args, { encoding: 'utf8' });

/** What a run must take away again. */
const leftBehind = () => [kubectl('get', 'namespace', NAMESPACE, '--ignore-not-found', '--output', 'name'), cordoned()];

const cordoned = () => kubectl('get', 'nodes', '--output', 'jsonpath={.items[?(@.spec.unschedulable)].metadata.name}');

interface Tool {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

function start(program: 'cluster' | 'rollout', args: readonly string[], env: NodeJS.ProcessEnv = {}): Tool {
  const file = `dist-test/tools/${program}/main.js`;
  const child = spawn(process.execPath, [file, '--namespace', NAMESPACE, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal makes one: Ctrl-C goes to all that is in it.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return { child, output: () => output, code: once(child, 'close').then(([code]) => code as number | null) };
}

/** npm, the tool and what it has started in the same group get it, twice: npm passes it on. */
function pressCtrlC({ pid = 0 }: ChildProcess): void {
  process.kill(-pid, 'SIGINT');
  process.kill(-pid, 'SIGINT');
}

/** The last thing it says, and its exit code. */
async function run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<readonly [number | null, string]> {
  const { code, output } = start('cluster', args, env);
  return [await code, output().trim().split('\n').at(-1) ?? ''];
}

describe('before anything is made', () => {
  it('there has to be a context', async () => {
    const [code, message] = await run([], { KUBECONFIG: '/dev/null' });
    expect(code).toBe(1);
    expect(message).toMatch(/^kubectl has no current context\. Choose a cluster with/);
  });

  it('there has to be a kubectl', async () => {
    const [code, message] = await run([], { PATH: folder });
    expect(code).toBe(1);
    expect(message).toMatch(/^kubectl is not on the PATH\. Install it/);
  });

  it('the API server has to answer', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    // Port 1 of loopback refuses at once.
    const [clusters, contexts] = [
      [{ name: 'gone', cluster: { server: 'https://127.0.0.1:1' } }],
      [{ name: 'gone', context: { cluster: 'gone', user: '' } }],
    ];
    await writeFile(kubeconfig, JSON.stringify({ clusters, contexts, 'current-context': 'gone' }));
    const [code, message] = await run([], { KUBECONFIG: kubeconfig });
    expect(code).toBe(1);
    expect(message).toMatch(/^The API server of context gone does not answer \(.+\)\. Start the cluster, or choose/);
  });

  it('the namespace must not be there, and what is in it is left alone', async () => {
    kubectl('create', 'namespace', NAMESPACE);
    kubectl('--namespace', NAMESPACE, 'create', 'configmap', 'precious');
    const [code, message] = await run([]);
    expect(code).toBe(1);
    expect(message).toMatch(
      /^Namespace ebb-bad-input exists and holds 1 objects \(configmap\/precious\)\. .*--namespace/,
    );
    expect(kubectl('--namespace', NAMESPACE, 'get', 'configmap', 'precious', '--output', 'name')).not.toBe('');
  });
});

describe('nothing is left behind', () => {
  it('by an image that no node can have', async () => {
    const [code, message] = await run(['--scenario', 'scale', '--image', 'registry.invalid/ebb:1']);
    expect(code).toBe(1);
    expect(leftBehind()).toEqual(['', '']);
    expect(message).toMatch(/^Pod ebb-\S+ cannot have image registry\.invalid\/ebb:1 \(Err.*--image\.$/);
  });

  it('by a base URL at which nobody answers', async () => {
    const [code, message] = await run(['--scenario', 'scale', '--base-url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(leftBehind()).toEqual(['', '']);
    expect(message).toMatch(/^Nobody answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\).*--base-url/);
  });

  it('by Ctrl-C in a rollout', async () => {
    const { child, output, code } = start('rollout', ['--target', 'kubernetes', '--picture', join(folder, 'x.html')]);
    await until('a pod to be ready', () => (/ ready\n/.test(output()) ? true : undefined));
    pressCtrlC(child);
    expect(await code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
    expect(output()).toContain(`Interrupted: removing namespace ${NAMESPACE}.`);
  });

  it('by Ctrl-C before the first pod is there', async () => {
    const { child, code } = start('cluster', ['--scenario', 'node-drain', '--allow-drain', '--report', folder]);
    await until('the namespace to be made', () => (leftBehind()[0] === '' ? undefined : true));
    pressCtrlC(child);
    expect(await code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
  });

  it('by Ctrl-C just before a drain begins', async () => {
    const { child, output, code } = start('cluster', ['--scenario', 'node-drain', '--allow-drain', '--report', folder]);
    await until('clients', () => (/ [1-9][\d,]* requests/.test(output()) ? true : undefined));
    pressCtrlC(child);
    expect(await code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
  });

  it('by Ctrl-C in a drain: the node takes pods again', async () => {
    const { child, output, code } = start('cluster', ['--scenario', 'node-drain', '--allow-drain', '--report', folder]);
    await until(
      'a node to be cordoned',
      () => (cordoned() === '' ? undefined : true),
      () => output().includes('passed'),
    );
    pressCtrlC(child);
    expect(await code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
    // What was cut short is not told as a failure.
    expect(output()).not.toContain('failed:');
  });
});
