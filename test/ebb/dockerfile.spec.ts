/** What the image must be, read off the Dockerfile. */
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { k8s, read, root } from '../../tools/lib/manifests/kustomize.js';

const deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        securityContext: z.object({ runAsUser: z.int(), runAsGroup: z.int() }),
        containers: z.array(z.object({ ports: z.array(z.object({ containerPort: z.int() })) })),
      }),
    }),
  }),
});
const podSpec = deployment.parse(parse(read(join(k8s, 'base/deployment.yaml')))).spec.template.spec;

function valuesOf(stage: readonly string[], instruction: string): string[] {
  return stage.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));
}

describe('Dockerfile', () => {
  const instructions = read(root, 'Dockerfile')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  const stages = instructions
    .join('\n')
    .split(/\n(?=FROM )/)
    .map((stage) => stage.split('\n'));
  const image = stages.at(-1) ?? [];

  it('makes node process 1, without a shell or npm between it and SIGTERM', () => {
    expect(image[0]).toBe('FROM gcr.io/distroless/nodejs24-debian13:nonroot');
    expect(valuesOf(image, 'CMD').map((value): unknown => JSON.parse(value))).toEqual([['dist/main.js']]);
    expect(valuesOf(image, 'ENTRYPOINT')).toEqual([]);
    expect(valuesOf(image, 'RUN')).toEqual([]);
    expect(valuesOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('runs as the user that the pod names, by number', () => {
    const { runAsUser, runAsGroup } = podSpec.securityContext;
    expect(valuesOf(image, 'USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
  });

  it('exposes the ports that the pod declares', () => {
    expect(valuesOf(image, 'EXPOSE')).toEqual([
      podSpec.containers[0]?.ports.map(({ containerPort }) => containerPort).join(' '),
    ]);
  });

  it('carries the bundle and nothing else', () => {
    expect(valuesOf(image, 'COPY')).toEqual(['--from=compiled --chown=0:0 /app/dist ./dist']);
    const compiled = stages.find(([from]) => from?.endsWith(' AS compiled')) ?? [];
    expect(valuesOf(compiled, 'COPY')).toEqual(['--from=build --chown=65532:65532 /app/dist-bundle ./dist']);
  });

  it('has its compile cache made by the same Node, user and folder as the pod has', () => {
    const compiled = stages.find(([from]) => from?.endsWith(' AS compiled')) ?? [];
    expect(compiled[0]).toBe(`${image[0]} AS compiled`);
    for (const instruction of ['USER', 'WORKDIR']) {
      expect(valuesOf(compiled, instruction)).toEqual(valuesOf(image, instruction));
    }
    const [run = '[]'] = valuesOf(compiled, 'RUN');
    const folder = (JSON.parse(run) as string[]).at(-1);
    expect(valuesOf(image, 'ENV')).toContain(`NODE_COMPILE_CACHE=${valuesOf(image, 'WORKDIR')[0]}/${folder}`);
  });

  it('takes the limit of the heap from that of the container', () => {
    const script = 'v8.getHeapStatistics().heap_size_limit / Math.min(process.constrainedMemory(), os.totalmem())';
    const env = Object.fromEntries(valuesOf(image, 'ENV').map((value) => value.split(/=(.*)/s, 2) as [string, string]));
    const { stdout } = spawnSync(process.execPath, ['-p', script], { encoding: 'utf8', env });
    expect(Number(stdout)).toBeGreaterThan(0.7);
    expect(Number(stdout)).toBeLessThan(0.85);
  });

  it('takes extra certificates in every stage that runs npm, and leaves none in the image', () => {
    const npm = stages.filter((stage) => valuesOf(stage, 'RUN').some((value) => value.startsWith('npm ')));
    expect(npm).toHaveLength(1);
    for (const stage of npm) {
      expect(stage.indexOf('ARG NODE_EXTRA_CA_CERTS')).toBe(1);
    }
    expect(image.filter((line) => line.includes('NODE_EXTRA_CA_CERTS'))).toEqual([]);
  });

  it('installs before it copies sources, so that a change of code installs nothing', () => {
    const build = stages.find(([from]) => from?.endsWith(' AS build')) ?? [];
    const install = build.findIndex((line) => line.startsWith('RUN npm ci'));
    expect(valuesOf(build.slice(0, install), 'COPY')).toEqual(['package.json package-lock.json ./']);
    expect(build.indexOf('COPY src ./src')).toBeGreaterThan(install);
  });

  it('is sent exactly the files it copies: everything else is ignored, secrets under src too', () => {
    const rules = read(root, '.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const sent = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    const copied = stages
      .flatMap((stage) => valuesOf(stage, 'COPY'))
      .filter((value) => !value.startsWith('--from='))
      .flatMap((value) => value.split(' ').slice(0, -1));
    expect(rules[0]).toBe('*');
    expect(new Set(sent)).toEqual(new Set(copied));
    expect(sent.filter((file) => ['.', 'node_modules', '.git', '.env', 'dist'].includes(file))).toEqual([]);
    expect(rules.at(-1)).toBe('**/.env*');
  });
});
