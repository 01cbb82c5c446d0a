/** A Deployment or a StatefulSet, read for the rules: its pod, its containers by their parts, and the service's settings. */
import { VARIABLE_NAMES } from '../../src/ebb/environment.js';
import { BadManifests, described, type Field, fieldOf, type Manifest, nameOf, type Step } from './manifest.js';
import { type Container, type PodSpec, workloadSpec } from './pod.js';
import { near } from './related.js';
import { environmentOf, readSettings, type Settings } from './settings.js';

export interface Workload {
  readonly manifest: Manifest;
  /** `Deployment/ebb`. */
  readonly name: string;
  readonly spec: ReturnType<(typeof workloadSpec)['parse']>;
  readonly pod: PodSpec;
  /** Of the pod's template. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The container that clients want; the others are there for it. */
  readonly service: Container;
  /** Native sidecars: init containers that go on. */
  readonly natives: readonly Container[];
  /** All that run for as long as the pod does. */
  readonly longRunning: readonly Container[];
  readonly settings: Settings;
  /** A field of the pod's template. */
  readonly podField: (steps: readonly Step[], fallback?: number | string) => Field;
  readonly field: (container: Container, steps: readonly Step[], fallback?: number | string) => Field;
  /** Where a variable of the service stands: in its container, or in a ConfigMap. */
  readonly variable: (name: string, fallback?: number | string) => Field;
  /** An annotation of the pod's template. */
  readonly annotation: (name: string, fallback?: number | string) => Field;
}

/** What says of a container that this service is in it. */
const OWN_VARIABLES = new Set(
  VARIABLE_NAMES.filter((name) => /^(TERMINATION|PRE_STOP|LAME_DUCK|DRAIN|SIDECARS)/.test(name)),
);

/** @throws {@link BadManifests} for one whose fields are not what Kubernetes takes */
export function readWorkloads(manifests: readonly Manifest[]): Workload[] {
  const found = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  if (found.length === 0) {
    throw new BadManifests('There is no Deployment and no StatefulSet in it: nothing to check.');
  }
  return found.map((manifest) => readWorkload(manifest, manifests));
}

function readWorkload(manifest: Manifest, all: readonly Manifest[]): Workload {
  const { data: spec, error } = workloadSpec.safeParse(manifest['spec']);
  if (spec === undefined) {
    const mistakes = error.issues.map(({ path, message }) => described({ path: ['spec', ...path], message }));
    throw new BadManifests(`${nameOf(manifest)} cannot be read: ${mistakes.join('; ')}`);
  }
  const {
    metadata: { labels, annotations },
    spec: pod,
  } = spec.template;
  const natives = pod.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const {
    container: service,
    environment,
    isOwn,
  } = serviceIn(pod, near(manifest, all), annotations['kubectl.kubernetes.io/default-container']);
  const field: Workload['field'] = ({ name }, steps, fallback) => {
    const holder = pod.containers.some((one) => one.name === name) ? 'containers' : 'initContainers';
    return fieldOf(manifest, ['spec', 'template', 'spec', holder, { name }, ...steps], fallback);
  };
  return {
    manifest,
    name: nameOf(manifest),
    spec,
    pod,
    labels,
    annotations,
    service,
    natives,
    longRunning: [...natives, ...pod.containers],
    settings: readSettings(environment, isOwn),
    podField: (steps, fallback) => fieldOf(manifest, ['spec', 'template', 'spec', ...steps], fallback),
    field,
    variable: (name, fallback) => environment.fields[name] ?? field(service, ['env', { name }, 'value'], fallback),
    annotation: (name, fallback) => fieldOf(manifest, ['spec', 'template', 'metadata', 'annotations', name], fallback),
  };
}

/** The one with this service's variables; of others, the one that kubectl means, or else the first. */
function serviceIn({ containers }: PodSpec, among: readonly Manifest[], byDefault: string | undefined) {
  const all = containers.map((container) => {
    const environment = environmentOf(container, among);
    const isOwn = Object.keys(environment.values).some((name) => OWN_VARIABLES.has(name));
    return { container, environment, isOwn };
  });
  const service = all.find(({ isOwn }) => isOwn) ?? all.find(({ container }) => container.name === byDefault) ?? all[0];
  if (service === undefined) {
    throw new BadManifests('A pod without a container.');
  }
  return service;
}
