/** The rules that k8s/ and the service must keep together, checked on the files alone, as kustomize renders them. */
import { readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Config, ConfigurationError, readConfig } from '../src/config/config.js';
import { foldersIn, k8s, kustomization, type Mapping, read, render, type Resource, root } from './support/kustomize.js';

// A renamed copy of this template is checked by the same rules.
const { name: appName } = z.object({ name: z.string() }).parse(JSON.parse(read(root, 'package.json')));

const transformer = join(k8s, 'transformers/termination-env');
const componentFolders = foldersIn('components');
const overlayFolders = foldersIn('overlays');

const labels = z.record(z.string(), z.string());
const probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  failureThreshold: z.int(),
  timeoutSeconds: z.int(),
});
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.int() })).default([]),
  securityContext: z.looseObject({}).optional(),
});
const service = container.extend({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  lifecycle: z.strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: z.int() }) }) }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.looseObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.int().optional(),
    minReadySeconds: z.int(),
    progressDeadlineSeconds: z.int(),
    selector: z.strictObject({ matchLabels: labels }),
    strategy: z.looseObject({
      type: z.string(),
      rollingUpdate: z.looseObject({ maxUnavailable: z.unknown(), maxSurge: z.unknown() }),
    }),
    template: z.looseObject({
      metadata: z.looseObject({ labels }),
      spec: z.looseObject({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.boolean(),
        enableServiceLinks: z.boolean(),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.looseObject({ runAsUser: z.int(), runAsGroup: z.int() }),
        topologySpreadConstraints: z.array(z.looseObject({ labelSelector: z.looseObject({ matchLabels: labels }) })),
        initContainers: z.array(container).default([]),
        containers: z.array(container),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

const absent = z.undefined().optional();
const allowed = z.unknown().optional();
const noHost = z.looseObject({ httpGet: z.looseObject({ host: absent }).optional() }).optional();
const restrictedContainer = z.looseObject({
  ports: z.array(z.looseObject({ hostPort: absent })).optional(),
  startupProbe: noHost,
  readinessProbe: noHost,
  livenessProbe: noHost,
  lifecycle: z.looseObject({ postStart: noHost, preStop: noHost }).optional(),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.literal(false),
    privileged: z.literal(false).optional(),
    procMount: z.literal('Default').optional(),
    runAsNonRoot: z.literal(true).optional(),
    runAsUser: z.int().positive().optional(),
    seccompProfile: z.looseObject({ type: z.enum(['RuntimeDefault', 'Localhost']) }).optional(),
    capabilities: z.looseObject({
      drop: z.array(z.string()).refine((dropped) => dropped.includes('ALL')),
      add: z.array(z.literal('NET_BIND_SERVICE')).optional(),
    }),
  }),
});
/** A pod that Pod Security admits under `restricted` (Kubernetes 1.37, "Pod Security Standards"). */
const restricted = z.looseObject({
  hostNetwork: z.literal(false).optional(),
  hostPID: z.literal(false).optional(),
  hostIPC: z.literal(false).optional(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().positive(),
    seccompProfile: z.looseObject({ type: z.enum(['RuntimeDefault', 'Localhost']) }),
    sysctls: absent,
  }),
  initContainers: z.array(restrictedContainer),
  containers: z.array(restrictedContainer),
  // Strict: every other kind of volume is refused.
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      configMap: allowed,
      csi: allowed,
      downwardAPI: allowed,
      emptyDir: allowed,
      ephemeral: allowed,
      persistentVolumeClaim: allowed,
      projected: allowed,
      secret: allowed,
    }),
  ),
});

const serviceSchema = z.looseObject({
  spec: z.looseObject({
    type: z.string(),
    selector: labels,
    ports: z.array(z.looseObject({ port: z.int(), targetPort: z.string() })),
  }),
});
const budgetSchema = z.looseObject({
  spec: z.looseObject({
    maxUnavailable: z.int(),
    unhealthyPodEvictionPolicy: z.string(),
    selector: z.strictObject({ matchLabels: labels }),
  }),
}); /** A pod as one overlay makes it, and what the service in it reads. */
function pod(resources: Resource[]) {
  const { spec } = deploymentSchema.parse(resources.find(({ kind }) => kind === 'Deployment'));
  const podSpec = spec.template.spec;
  const ebb = service.parse(podSpec.containers.find(({ name }) => name === appName));
  const env = Object.fromEntries(ebb.env.map(({ name, value }) => [name, value]));
  return {
    deployment: spec,
    spec: podSpec,
    ebb,
    env,
    readConfig: (): Config => readConfig({ ...env, KUBERNETES_SERVICE_HOST: '10.96.0.1' }),
  };
}

function baseOf<T extends z.ZodType>(schema: T, kind: string): z.infer<T> {
  return schema.parse(render(join(k8s, 'base')).find((candidate) => candidate.kind === kind));
}

const base = pod(render(join(k8s, 'base')));
const dev = join(k8s, 'overlays/dev');
const production = join(k8s, 'overlays/production');

// Every overlay as it is, and every component as an overlay would add it.
const variants: [string, Resource[]][] = [
  ...overlayFolders.map((folder): [string, Resource[]] => [relative(root, folder), render(folder)]),
  ...componentFolders.map((folder): [string, Resource[]] => [
    `${relative(root, dev)} with ${relative(root, folder)}`,
    render(dev, { components: [folder] }),
  ]),
];

describe.each(variants)('%s', (_, resources) => {
  const variant = pod(resources);
  const { ebb, spec, deployment } = variant;

  it('tells the service its grace period and its preStop sleep as they are in the pod spec, as strings', () => {
    expect(variant.env).toMatchObject({
      TERMINATION_GRACE_PERIOD_SECONDS: String(spec.terminationGracePeriodSeconds),
      PRE_STOP_SECONDS: String(ebb.lifecycle.preStop.sleep.seconds),
    });
  });

  it('gives the service an environment it starts with: every slice fits into the grace period', () => {
    expect(variant.readConfig).not.toThrow();
  });

  it('declares the ports that the service listens on', () => {
    const { port, managementPort } = variant.readConfig();
    expect(ebb.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
      ['http', port],
      ['management', managementPort],
    ]);
  });

  it('notices a red readiness probe while the service is still a lame duck', () => {
    const { periodSeconds, failureThreshold, timeoutSeconds } = ebb.readinessProbe;
    const noticedMs = (periodSeconds * failureThreshold + timeoutSeconds) * 1_000;
    expect(noticedMs).toBeLessThanOrEqual(variant.readConfig().budget.lameDuckMs);
  });

  it('asks every probe on the management port, and liveness something else than readiness', () => {
    expect([ebb.startupProbe.httpGet, ebb.readinessProbe.httpGet, ebb.livenessProbe.httpGet]).toEqual([
      { path: '/startupz', port: 'management' },
      { path: '/readyz', port: 'management' },
      { path: '/livez', port: 'management' },
    ]);
  });

  it('lets the slowest boot end before the rollout counts as failed', () => {
    const { periodSeconds, failureThreshold } = ebb.startupProbe;
    expect(deployment.progressDeadlineSeconds).toBeGreaterThan(
      periodSeconds * failureThreshold + deployment.minReadySeconds,
    );
  });

  it('starts a new pod before an old one is asked to go', () => {
    expect(deployment.strategy).toMatchObject({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
    expect(deployment.strategy.rollingUpdate.maxSurge).not.toBe(0);
  });

  it('fits into a namespace that enforces Pod Security restricted', () => {
    expect(restricted.safeParse(spec).error?.issues ?? []).toEqual([]);
  });

  it('mounts a bounded /tmp into a root filesystem that is read-only', () => {
    expect(ebb.securityContext?.['readOnlyRootFilesystem']).toBe(true);
    const mount = ebb.volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
    expect(spec.volumes).toContainEqual({ name: mount?.name, emptyDir: { sizeLimit: expect.stringMatching(/Mi$/) } });
  });

  it('requests processor, memory and disk, and limits memory and disk', () => {
    expect(Object.keys(ebb.resources.requests)).toEqual(expect.arrayContaining(['cpu', 'memory', 'ephemeral-storage']));
    expect(Object.keys(ebb.resources.limits)).toEqual(expect.arrayContaining(['memory', 'ephemeral-storage']));
  });

  it('pins every image to a tag or digest other than latest', () => {
    for (const { image } of [...spec.initContainers, ...spec.containers]) {
      expect(image).toMatch(/^[\w.:/-]+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/);
    }
  });

  it('runs under an account of its own, without a token, and takes no configuration from other Services', () => {
    const accounts = resources.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(accounts).toContain(spec.serviceAccountName);
    expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });
});

function devWith(spec: Mapping) {
  const patch = { kind: 'Deployment', metadata: { name: appName }, spec: { template: { spec } } };
  return pod(render(dev, { patches: [patch] }));
}

describe('the time budget in the manifests', () => {
  it('is refused by the service when a patch shortens the grace period below the sum of the slices', () => {
    const { budget } = pod(render(dev)).readConfig();
    const tooShort = devWith({ terminationGracePeriodSeconds: budget.graceMs / 1_000 - 6 });
    expect(tooShort.readConfig).toThrow(/slices do not fit into the grace period/);
  });

  it('is refused by the service when a patch makes the preStop sleep as long as the grace period', () => {
    const { budget } = pod(render(dev)).readConfig();
    const tooLong = devWith({
      containers: [{ name: appName, lifecycle: { preStop: { sleep: { seconds: budget.graceMs / 1_000 } } } }],
    });
    expect(tooLong.readConfig).toThrow(/preStop sleep takes the whole grace period/);
  });

  it('is refused by the service when nothing has copied it from the pod spec', () => {
    expect(base.readConfig).toThrow(ConfigurationError);
    expect(base.readConfig).toThrow(/TERMINATION_GRACE_PERIOD_SECONDS=.*\n.*PRE_STOP_SECONDS=/);
  });

  it('is copied by every overlay, after everything else that may change it', () => {
    for (const folder of overlayFolders) {
      const last = kustomization(folder).transformers.at(-1) ?? '';
      expect(resolve(folder, last)).toBe(transformer);
    }
    // As a replacement of its own a component would copy before the overlay's patches.
    for (const folder of componentFolders) {
      expect(kustomization(folder).transformers).toEqual([]);
    }
  });
});

describe('the base', () => {
  const podLabels = base.deployment.template.metadata.labels;
  const { spec: publicService } = baseOf(serviceSchema, 'Service');
  const { spec: disruption } = baseOf(budgetSchema, 'PodDisruptionBudget');

  it('selects its pods everywhere by the same label, the name alone', () => {
    const name = { 'app.kubernetes.io/name': podLabels['app.kubernetes.io/name'] };
    expect(base.deployment.selector.matchLabels).toEqual(name);
    expect(publicService.selector).toEqual(name);
    expect(disruption.selector.matchLabels).toEqual(name);
    expect(base.spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels)).toEqual([name]);
  });

  it('publishes the public port and not the management port', () => {
    expect(publicService.type).toBe('ClusterIP');
    expect(publicService.ports.map(({ port, targetPort }) => [port, targetPort])).toEqual([[80, 'http']]);
  });

  it('lets one pod at a time be evicted, and always one that is not ready', () => {
    expect(disruption).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('leaves the processor unlimited, so that the event loop is never paused', () => {
    expect(Object.keys(base.ebb.resources.limits)).not.toContain('cpu');
  });

  it('leaves the number of replicas to the overlays', () => {
    expect(base.deployment.replicas).toBeUndefined();
    expect(pod(render(production)).deployment.replicas).toBeGreaterThan(2);
  });
});

describe('the overlays', () => {
  it('runs in dev the image that was loaded into the nodes', () => {
    expect(pod(render(dev)).ebb).toMatchObject({ image: `${appName}:dev`, imagePullPolicy: 'IfNotPresent' });
  });

  it('leaves the namespace of dev, and of the base, to whoever applies it', () => {
    for (const folder of [dev, join(k8s, 'base')]) {
      expect(kustomization(folder).namespace).toBeUndefined();
      expect(render(folder).filter(({ metadata }) => metadata['namespace'] !== undefined)).toEqual([]);
    }
  });

  it('holds in production no pull policy of a machine without a registry', () => {
    expect(pod(render(production)).ebb.imagePullPolicy).toBeUndefined();
  });

  it('are a list and patches', () => {
    for (const folder of overlayFolders) {
      const others = readdirSync(folder).filter(
        (file) => file !== 'kustomization.yaml' && !file.endsWith('.patch.yaml'),
      );
      expect([basename(folder), others]).toEqual([basename(folder), []]);
    }
  });
});
