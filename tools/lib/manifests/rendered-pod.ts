/** What kustomize makes of `k8s/`: a pod as an overlay makes it, every overlay, and every component upon one. */
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../../src/ebb/environment.js';
import type { FullConfig } from '../../../src/ebb/sidecars/sidecar-config.js';
import { k8s, read, render, type Resource, root } from './kustomize.js';
import { componentsUpon, overlays } from './variants.js';

// A renamed copy of this template is checked by the same rules.
export const { name: appName } = z.object({ name: z.string() }).parse(JSON.parse(read(root, 'package.json')));

export const labels = z.record(z.string(), z.string());
const probe = z.looseObject({ httpGet: z.looseObject({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  restartPolicy: z.string().optional(),
  args: z.array(z.string()).default([]),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.int() })).default([]),
  resources: z.looseObject({ limits: z.record(z.string(), z.string()) }),
});
const service = container.extend({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) })),
  lifecycle: z.strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: z.int() }) }) }),
  startupProbe: probe,
  // A component may have gRPC asked.
  readinessProbe: z.union([probe, z.looseObject({ grpc: z.looseObject({ port: z.int() }) })]),
  livenessProbe: probe,
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.int().optional(),
    selector: z.strictObject({ matchLabels: labels }),
    template: z.looseObject({
      metadata: z.looseObject({ labels }),
      spec: z.looseObject({
        enableServiceLinks: z.boolean(),
        terminationGracePeriodSeconds: z.int(),
        topologySpreadConstraints: z.array(
          z.looseObject({ topologyKey: z.string(), labelSelector: z.looseObject({ matchLabels: labels }) }),
        ),
        initContainers: z.array(container).default([]),
        containers: z.array(container),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

export const serviceSchema = z.looseObject({
  spec: z.looseObject({
    type: z.string(),
    selector: labels,
    ports: z.array(z.looseObject({ port: z.int(), targetPort: z.string() })),
  }),
});
const settingsSchema = z.looseObject({ data: z.record(z.string(), z.string()) });

export function settingsIn(resources: Resource[], wanted: string): Record<string, string> {
  return settingsSchema.parse(resources.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === wanted))
    .data;
}

/** A pod as one overlay makes it, and what the service in it reads. */
export function pod(resources: Resource[]) {
  const { spec } = deploymentSchema.parse(resources.find(({ kind }) => kind === 'Deployment'));
  const podSpec = spec.template.spec;
  const ebb = service.parse(podSpec.containers.find(({ name }) => name === appName));
  const natives = podSpec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const env = Object.fromEntries([
    ...ebb.envFrom.flatMap(({ configMapRef }) => Object.entries(settingsIn(resources, configMapRef.name))),
    // What the pod spec says itself wins (Kubernetes 1.37, "Define Environment Variables for a Container").
    ...ebb.env.map(({ name, value }): [string, string | undefined] => [name, value]),
  ]);
  return {
    deployment: spec,
    spec: podSpec,
    ebb,
    /** The native sidecars, and all that run for as long as the pod does. */
    natives,
    longRunning: [...natives, ...podSpec.containers],
    service: serviceSchema.parse(resources.find(({ kind }) => kind === 'Service')).spec,
    env,
    readConfig: (): FullConfig => readConfig({ ...env, KUBERNETES_SERVICE_HOST: '10.96.0.1' }),
  };
}

export const dev = join(k8s, 'overlays/dev');
export const production = join(k8s, 'overlays/production');

export const component = (name: string) => join(k8s, 'components', name);
/** Every component and pair upon `dev`, with their names. */
export const withComponents = componentsUpon('dev').map(
  ({ name, objects, components }): [string, Resource[], readonly string[]] => [name, objects, components],
);
/** Every overlay as it is, and every component and pair as an overlay would add it. */
export const variants = [
  ...overlays.map(({ name, objects }): [string, Resource[]] => [name, objects]),
  ...withComponents.map(([name, objects]): [string, Resource[]] => [name, objects]),
];

/** Components upon `dev`. */
export function devPlus(...names: string[]): Resource[] {
  return render(dev, { components: names.map(component) });
}
