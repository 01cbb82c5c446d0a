/** `npm run check:k8s` as a child process, with a kubectl of the tests' own. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { root } from '../lib/manifests/kustomize.js';
import { production, TYPICAL } from './fixtures.js';

const program = join(root, 'dist-test/tools/check-k8s/main.js');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-check-spec-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs it, with nothing but `bin` on the PATH. */
async function run(args: readonly string[], { input = '', bin = join(folder, 'none') } = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { PATH: bin },
    timeout: 30_000,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout, stderr, code };
}

/** A kubectl that does this instead of rendering. */
async function kubectl(script: string): Promise<string> {
  const bin = await mkdtemp(join(folder, 'bin-'));
  const path = join(bin, 'kubectl');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return bin;
}

async function rendering(yaml: string): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'rendered-')), 'all.yaml');
  await writeFile(file, yaml);
  return kubectl(`while IFS= read -r line; do printf '%s\\n' "$line"; done < '${file}'`);
}

const sound = production().yaml();
const warned = production().deployment('replicas', 1).yaml();
const broken = production().grace(54).yaml();

describe('check:k8s -', () => {
  it('ends with 0 where nothing is wrong, and says what was checked', async () => {
    const { stdout, stderr, code } = await run(['-'], { input: sound });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(
      /^checked +workloads +errors +warnings +waived\n.*\nstandard input +Deployment\/\S+ +0 +0 +0\n$/,
    );
  });

  it('ends with 0 where there are only warnings, and shows them', async () => {
    const { stdout, code } = await run(['-'], { input: warned });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning +replicas: Deployment\//);
  });

  it('ends with 1 where there is an error, with the field, the sum and the change', async () => {
    const { stdout, code } = await run(['-'], { input: broken });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error +slices-fit: Deployment\//);
    expect(stdout).toMatch(/read +spec\.template\.spec\.terminationGracePeriodSeconds +54\n/);
    expect(stdout).toMatch(/sum +55\n/);
    expect(stdout).toMatch(/change +Raise TERMINATION_GRACE_PERIOD_SECONDS to at least 55/);
  });

  it('prints the same for machines', async () => {
    const { stdout, code } = await run(['-', '--json'], { input: broken });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      reports: [{ source: 'standard input', objections: [{ rule: 'slices-fit', severity: 'error' }] }],
    });
  });

  it('checks both of two workloads', async () => {
    const { stdout, code } = await run(['-', '--json'], { input: `${sound}---\n${TYPICAL}` });
    const report = z
      .object({
        reports: z.tuple([
          z.object({ workloads: z.array(z.string()), objections: z.array(z.object({ workload: z.string() })) }),
        ]),
      })
      .parse(JSON.parse(stdout)).reports[0];
    expect([code, report.workloads.length]).toEqual([1, 2]);
    expect(new Set(report.objections.map(({ workload }) => workload))).toEqual(new Set(['Deployment/web']));
  });

  it.each([
    ['nothing', '', /There is no Deployment and no StatefulSet in it/],
    [
      'no workload',
      'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n',
      /There is no Deployment and no StatefulSet/,
    ],
    ['broken YAML', 'a: [\n', /Broken YAML in document 1: /],
    ['no object', 'Error: chart not found\n', /Document 1 is no Kubernetes object: /],
    [
      'a workload that is none',
      TYPICAL.replace('replicas: 1', 'replicas: many'),
      /Deployment\/web cannot be read: spec\.replicas: /,
    ],
  ])('says so in a line when it is given %s, and ends with 1', async (_what, input, line) => {
    const { stdout, code } = await run(['-'], { input });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error /);
    expect(stdout).toMatch(line);
    expect(stdout).toContain('could not be checked');
  });
});

describe('check:k8s DIR', () => {
  it('checks what kubectl renders of it', async () => {
    const { stdout, code } = await run(['k8s/overlays/dev'], { bin: await rendering(broken) });
    expect(code).toBe(1);
    expect(stdout).toContain('slices-fit');
    expect(stdout).toMatch(/\nk8s\/overlays\/dev +Deployment/);
  });

  it('says why kubectl could not', async () => {
    const bin = await kubectl('echo "error: no such patch" >&2; exit 1');
    const { stdout, code } = await run(['k8s/overlays/dev'], { bin });
    expect(code).toBe(1);
    expect(stdout).toContain('kubectl kustomize k8s/overlays/dev failed: error: no such patch');
  });

  it('says that kubectl may be too old', async () => {
    const bin = await kubectl('echo "json: unknown field sourceValue" >&2; exit 1');
    const { stdout } = await run(['k8s/overlays/dev'], { bin });
    expect(stdout).toMatch(/kubectl is too old: k8s\/ takes 1\.34 or newer/);
  });

  it('says that there is no such folder', async () => {
    const { stdout, code } = await run(['k8s/overlays/nowhere'], { bin: await rendering(sound) });
    expect([code, stdout]).toEqual([1, expect.stringContaining('There is no folder k8s/overlays/nowhere.')]);
  });

  it.each([[['k8s/overlays/dev']], [[]]])('says that kubectl is missing, once, and ends with 1: %j', async (args) => {
    const { stdout, stderr, code } = await run(args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^kubectl is not on the PATH\. .*\n$/);
  });
});

describe('check:k8s', () => {
  it('checks every overlay, every component and the pairs', async () => {
    const bin = await rendering(sound);
    const { stdout, code } = await run([], { bin });
    expect(code).toBe(0);
    for (const name of [
      'k8s/overlays/production',
      'k8s/overlays/production with istio',
      'k8s/overlays/production with envoy and vault',
    ]) {
      expect(stdout).toMatch(new RegExp(`\n${name} +Deployment`));
    }
  });

  it('shows a finding once, with all that have it', async () => {
    const { stdout } = await run([], { bin: await rendering(broken) });
    expect(stdout.match(/slices-fit/g)).toHaveLength(1);
    expect(stdout).toMatch(/in +k8s\/overlays\/\S+ and \d+ more: /);
  });

  it('tells its usage and its rules', async () => {
    expect((await run(['--help'])).stdout).toMatch(/^Usage: npm run check:k8s/);
    expect((await run(['--rules'])).stdout).toMatch(/\nslices-fit +error /);
  });

  it.each([[['--fast']], [['a', 'b']]])('refuses %j with its usage, and ends with 2', async (args) => {
    const { stderr, code } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Usage: npm run check:k8s/);
  });
});
