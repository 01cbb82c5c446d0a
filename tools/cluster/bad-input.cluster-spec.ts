/**
 * What `npm run test:cluster` says to what cannot work, and that it leaves nothing behind. Needs a cluster with the test
 * image: `npm run test:cluster:specs`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pressCtrlC, startTool } from '../lib/processes/tool.js';
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

/** The test image has the routes that clients ask for, whatever the service has. */
const start = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
  startTool('cluster/main.js', ['--namespace', NAMESPACE, '--image', 'ebb-test:dev', ...args], env);

const startDrain = () => start(['--scenario', 'node-drain', '--allow-drain', '--report', folder]);

/** The last thing it says, and its exit code. */
async function run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<readonly [number | null, string]> {
  const { code, output } = start(args, env);
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

  it('by Ctrl-C before the first pod is there', async () => {
    const tool = startDrain();
    await until('the namespace to be made', () => (leftBehind()[0] === '' ? undefined : true));
    pressCtrlC(tool);
    expect(await tool.code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
  });

  it('by Ctrl-C just before a drain begins', async () => {
    const tool = startDrain();
    await until('clients', () => (/ [1-9][\d,]* requests/.test(tool.output()) ? true : undefined));
    pressCtrlC(tool);
    expect(await tool.code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
  });

  it('by Ctrl-C in a drain: the node takes pods again', async () => {
    const tool = startDrain();
    await until(
      'a node to be cordoned',
      () => (cordoned() === '' ? undefined : true),
      () => tool.output().includes('passed'),
    );
    pressCtrlC(tool);
    expect(await tool.code).toBe(130);
    expect(leftBehind()).toEqual(['', '']);
    // What was cut short is not told as a failure.
    expect(tool.output()).not.toContain('failed:');
  });
});
