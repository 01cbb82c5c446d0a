/** What the image must be, read off the Dockerfile. */
import { describe, expect, it } from '@jest/globals';
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

  it('carries production dependencies only', () => {
    const dependencies = stages.find(([from]) => from?.endsWith(' AS dependencies')) ?? [];
    expect(valuesOf(dependencies, 'RUN')).toEqual([expect.stringMatching(/^npm ci --omit=dev\b/)]);
    expect(valuesOf(image, 'COPY').filter((value) => value.includes('node_modules'))).toEqual([
      '--from=dependencies /app/node_modules ./node_modules',
    ]);
  });

  it('takes extra certificates in every stage that runs npm, and leaves none in the image', () => {
    const npm = stages.filter((stage) => valuesOf(stage, 'RUN').some((value) => value.startsWith('npm ')));
    expect(npm).toHaveLength(2);
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
