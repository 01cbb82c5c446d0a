/** What k8s/ and the service must keep together beyond the rules of `npm run check:k8s`, which k8s.spec.ts holds it against. */
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigurationError } from '../../src/ebb/config/mistakes.js';
import { MARGIN_MS, sliceEnds } from '../../src/ebb/config/time-budget.js';
import { VARIABLE_NAMES } from '../../src/ebb/environment.js';
import { Rendered } from './fixtures.js';
import {
  foldersIn,
  k8s,
  kustomization,
  type Mapping,
  read,
  render,
  type Resource,
  resourceSchema,
  root,
} from '../lib/manifests/kustomize.js';
import {
  appName,
  component,
  dev,
  devPlus,
  labels,
  pod,
  production,
  serviceSchema,
  settingsIn,
  variants,
  withComponents,
} from '../lib/manifests/rendered-pod.js';
import { weighed } from './time-budget-page/shipped.js';

const transformer = join(k8s, 'transformers/termination-env');
const componentFolders = foldersIn('components');
const overlayFolders = foldersIn('overlays');

const budgetSchema = z.looseObject({
  spec: z.looseObject({
    maxUnavailable: z.int(),
    unhealthyPodEvictionPolicy: z.string(),
    selector: z.strictObject({ matchLabels: labels }),
  }),
});

function baseOf<T extends z.ZodType>(schema: T, kind: string): z.infer<T> {
  return schema.parse(render(join(k8s, 'base')).find((candidate) => candidate.kind === kind));
}

const base = pod(render(join(k8s, 'base')));
/** What of a rendered overlay breaks a rule; empty when nothing does. */
type Rule = (resources: Resource[]) => string[];

const NAME_LABEL = 'app.kubernetes.io/name';
const labelled = z.looseObject({
  metadata: z.looseObject({
    labels: z.looseObject({ [NAME_LABEL]: z.literal(appName), 'app.kubernetes.io/component': z.literal('server') }),
  }),
});

const unlabelled: Rule = (resources) =>
  resources
    .filter((resource) => !labelled.safeParse(resource).success)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

/** The names of the settings that are no secrets. */
function settingsOf(resources: Resource[]): string[] {
  return Object.keys(settingsIn(resources, `${appName}-settings`));
}

/** The code of the user's features: which settings they declare nobody but the service itself could say otherwise. */
const features = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('ebb'))
  .map((path) => read(root, join('src', path)))
  .join('\n');

function isUnknown(variable: string): boolean {
  return !VARIABLE_NAMES.includes(variable) && !new RegExp(String.raw`\b${variable}\b`).test(features);
}

describe.each(variants)('%s', (_, resources) => {
  const variant = pod(resources);
  const { ebb, spec } = variant;

  it('asks every probe on the management port, or gRPC whether it is ready', () => {
    const { startupProbe, readinessProbe, livenessProbe } = ebb;
    const grpc = ebb.ports.find(({ name }) => name === 'grpc')?.containerPort;
    expect([startupProbe.httpGet, livenessProbe.httpGet]).toEqual([
      { path: '/startupz', port: 'management' },
      { path: '/livez', port: 'management' },
    ]);
    expect(readinessProbe).toMatchObject(
      grpc === undefined ? { httpGet: { path: '/readyz', port: 'management' } } : { grpc: { port: grpc } },
    );
  });

  it('mounts a bounded /tmp', () => {
    const mount = ebb.volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
    expect(spec.volumes).toContainEqual({ name: mount?.name, emptyDir: { sizeLimit: expect.stringMatching(/Mi$/) } });
  });

  it('has every object labelled with its name and component', () => {
    expect(unlabelled(resources)).toEqual([]);
  });

  it('sets nothing that the service does not know, and each in one place', () => {
    expect(settingsOf(resources).filter(isUnknown)).toEqual([]);
    expect(
      ebb.env.map(({ name }) => name).filter((name) => name in settingsIn(resources, `${appName}-settings`)),
    ).toEqual([]);
  });

  it('takes no configuration from other Services', () => {
    expect(spec.enableServiceLinks).toBe(false);
  });
});

function rendered(components: string[], spec: Mapping): Resource[] {
  const patch = { kind: 'Deployment', metadata: { name: appName }, spec: { template: { spec } } };
  return render(dev, { components, patches: [patch] });
}

function devWith(spec: Mapping) {
  return pod(rendered([], spec));
}

describe('a rule for every overlay and component', () => {
  it('finds an object without its labels', () => {
    const bare = resourceSchema.parse({ kind: 'ConfigMap', metadata: { name: 'bare' } });
    expect(unlabelled([...render(dev), bare])).toEqual(['ConfigMap bare']);
  });

  it('finds a variable that the service does not know', () => {
    expect(['LOG_LEVEL', 'DRAIN_TIMEOUT'].filter(isUnknown)).toEqual(['DRAIN_TIMEOUT']);
  });
});

const dRow = (name: string, P: number, G: number, D: number, least: number) => ({ name, P, G, D, least });

describe('a load balancer outside of the cluster', () => {
  // D is what is planned for, and at least what the field has seen (docs of the components).
  it.each([dRow('aws-alb', 60, 120, 70, 70), dRow('aws-nlb', 130, 190, 130, 120), dRow('gke-neg', 60, 120, 60, 40)])(
    'has by $name the time it takes to forget a pod',
    ({ name, P, G, D, least }) => {
      const { budget } = pod(render(dev, { components: [component(name)] })).readConfig();
      expect([budget.preStopMs, budget.graceMs, budget.propagationMs]).toEqual([P * 1_000, G * 1_000, D * 1_000]);
      expect(D).toBeGreaterThanOrEqual(least);
      // A second less is refused at boot.
      const P1 = D - budget.lameDuckMs / 1_000 - 1;
      const short = { containers: [{ name: appName, lifecycle: { preStop: { sleep: { seconds: P1 } } } }] };
      expect(pod(rendered([component(name)], short)).readConfig).toThrow(/while new connections are still routed/);
    },
  );

  it.each(['aws-alb', 'aws-nlb', 'gke-neg'])('has by %s all of R for what is sent at the end of P', (name) => {
    const { P, R, deregistration } = weighed(new Rendered(devPlus(name)));
    expect(deregistration).toBe(P + R);
  });

  it('comes after the sidecars, or their shorter grace period is refused at boot', () => {
    for (const name of ['aws-alb', 'aws-nlb', 'gke-neg']) {
      expect(pod(devPlus('linkerd', name)).readConfig).not.toThrow();
      expect(pod(devPlus(name, 'linkerd')).readConfig).toThrow(/preStop sleep takes|slices do not fit/);
    }
  });
});

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

/** The names that a component, or several, are expected to have put into `SIDECARS`. */
function productsOf(folderNames: string[]): string[] {
  return folderNames.map((name) => name.replace(/-regular$/, ''));
}

/** Whether a component puts a sidecar into the pod. */
function isSidecar(name: string): boolean {
  return kustomization(component(name)).replacements.length > 0;
}

describe('the components', () => {
  it('append their names to SIDECARS, and no other', () => {
    for (const [what, resources, names] of withComponents) {
      const { env, readConfig: config } = pod(resources);
      const products = productsOf(names.filter(isSidecar));
      expect([what, env['SIDECARS']]).toEqual([what, ['', ...products].join(',')]);
      expect(config().sidecars.map(({ name }) => name)).toEqual(products);
    }
  });

  it('leave SIDECARS empty where there are none', () => {
    expect(pod(render(dev)).env['SIDECARS']).toBe('');
  });

  it('know nothing of each other', () => {
    for (const folder of componentFolders) {
      const { kind, resources, components } = kustomization(folder);
      expect([kind, components]).toEqual(['Component', []]);
      expect(resources.filter((file) => !readdirSync(folder).includes(file))).toEqual([]);
      for (const file of readdirSync(folder)) {
        expect([file, read(folder, file).includes('../')]).toEqual([file, false]);
      }
    }
  });

  it('that add sidecars give the pod the same grace period, longer than without', () => {
    const withNone = pod(render(dev)).spec.terminationGracePeriodSeconds;
    expect(withNone).toBe(60);
    for (const [what, resources] of withComponents.filter(([, , names]) => names.every(isSidecar))) {
      expect([what, pod(resources).spec.terminationGracePeriodSeconds]).toEqual([what, 75]);
    }
  });

  it('are refused by the service in a pod that has a second less than they need', () => {
    for (const [what, resources, names] of withComponents) {
      const { budget } = pod(resources).readConfig();
      const least = (budget.preStopMs + sliceEnds(budget, true).closeMs + budget.sidecarMs + MARGIN_MS) / 1_000;
      const withGrace = (terminationGracePeriodSeconds: number) =>
        pod(rendered(names.map(component), { terminationGracePeriodSeconds })).readConfig;
      expect([what, withGrace(least)().budget.graceMs]).toEqual([what, least * 1_000]);
      expect(withGrace(least - 1)).toThrow(/slices do not fit into the grace period/);
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
    for (const { labelSelector } of pod(render(production)).spec.topologySpreadConstraints) {
      expect(labelSelector.matchLabels).toEqual(name);
    }
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
    expect(pod(render(dev)).deployment.replicas).toBeUndefined();
    expect(pod(render(production)).deployment.replicas).toBeGreaterThan(2);
  });
});

describe('the overlays', () => {
  const local = ['dev', 'mesh-example'].map((name) => join(k8s, 'overlays', name));
  const others = overlayFolders.filter((folder) => !local.includes(folder));

  it('for a machine of your own run the image that was loaded into its nodes', () => {
    for (const folder of local) {
      expect(pod(render(folder)).ebb).toMatchObject({ image: `${appName}:dev`, imagePullPolicy: 'IfNotPresent' });
    }
  });

  it('for elsewhere run the image that production names, and stand upon it', () => {
    const { image } = pod(render(production)).ebb;
    for (const folder of others) {
      const { ebb, spec } = pod(render(folder));
      expect([ebb.image, ebb.imagePullPolicy]).toEqual([image, undefined]);
      expect(spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey).toSorted()).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
    }
  });

  it('leave the namespace, but for production, to whoever applies them', () => {
    for (const folder of [join(k8s, 'base'), ...overlayFolders.filter((other) => other !== production)]) {
      expect(kustomization(folder).namespace).toBeUndefined();
      expect(render(folder).filter(({ metadata }) => metadata['namespace'] !== undefined)).toEqual([]);
    }
  });

  it('are a list and at most one patch', () => {
    for (const folder of overlayFolders) {
      const files = readdirSync(folder).filter(
        (file) => file !== 'kustomization.yaml' && !file.endsWith('.patch.yaml'),
      );
      expect([basename(folder), files]).toEqual([basename(folder), []]);
      expect(kustomization(folder).patches.length).toBeLessThanOrEqual(1);
    }
  });
});
