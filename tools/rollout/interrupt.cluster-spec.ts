/** Needs a cluster with the test image: `npm run test:cluster:specs`. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { pressCtrlC, startTool } from '../lib/processes/tool.js';
import { until } from '../lib/processes/until.js';

const NAMESPACE = 'ebb-interrupted';

/** A namespace goes when all that is in it has. */
jest.setTimeout(180_000);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interrupt-'));
});

const kubectl = (...args: string[]) => execFileSync('kubectl', args, { encoding: 'utf8' });

// So that a test that fails is the only one.
afterAll(async () => {
  kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found');
  await rm(folder, { recursive: true });
});

it('leaves nothing behind when a rollout on a cluster is interrupted', async () => {
  const which = ['--target', 'kubernetes', '--namespace', NAMESPACE, '--image', 'ebb-test:dev'];
  const tool = startTool('rollout/main.js', [...which, '--picture', join(folder, 'x.html')]);
  await until('a pod to be ready', () => (/ ready\n/.test(tool.output()) ? true : undefined));
  pressCtrlC(tool);
  expect(await tool.code).toBe(130);
  expect(kubectl('get', 'namespace', NAMESPACE, '--ignore-not-found', '--output', 'name')).toBe('');
  expect(tool.output()).toContain(`Interrupted: removing namespace ${NAMESPACE}.`);
});
