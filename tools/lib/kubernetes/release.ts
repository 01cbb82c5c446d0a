import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Cluster } from './cluster.js';
import { UnusableCluster } from './kubectl.js';

/** A program that is deployed. Absent fields are as the overlay has them. */
export interface Release {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly preStopSeconds?: number;
  readonly graceSeconds?: number;
  readonly cpuRequest?: string;
  /** The only probe it has; absent: those of the overlay. */
  readonly onlyProbe?: { readonly path: string; readonly port: string };
  readonly readinessPath?: string;
  /** Instead of the one that was asked for. */
  readonly overlay?: string;
  /** Folders of `k8s/components` upon the overlay. */
  readonly components?: readonly string[];
  /** Annotations of the pods. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Containers beside the service's own, and containers that end after it. Merged by their names. */
  readonly containers?: readonly object[];
  readonly nativeSidecars?: readonly object[];
}

/** How clients outside the cluster get in. */
export interface ServiceSettings {
  /** Absent: it stays a ClusterIP. */
  readonly nodePort?: number;
  /** Both `externalTrafficPolicy` and `internalTrafficPolicy`. */
  readonly trafficPolicy?: 'Cluster' | 'Local';
}

/**
 * Applies a release.
 *
 * @throws {@link UnusableCluster} when it is refused
 */
export async function apply(cluster: Cluster, release: Release, service: ServiceSettings): Promise<void> {
  await withFolder(cluster, release, service, async (folder) => {
    await cluster.kubectl.run(['apply', '--kustomize', folder]).catch((error: unknown) => {
      throw new UnusableCluster(error instanceof Error ? error.message : String(error));
    });
  });
}

/**
 * Writes an overlay with a release upon it, the way a user would: a kustomization of its own that takes the overlay as its
 * resource. The transformer that copies G and P comes last again, so that a changed one reaches the container.
 *
 * @param act  what is done with the folder, which is removed afterwards
 */
export async function withFolder<T>(
  { options, labels }: Cluster,
  release: Release,
  service: ServiceSettings,
  act: (folder: string) => Promise<T>,
): Promise<T> {
  // Resolved, because kustomize resolves it too before it follows a relative path.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ebb-release-')));
  try {
    await writeFile(
      join(folder, 'kustomization.yaml'),
      kustomization(folder, release.overlay ?? options.overlay, labels, release, service),
    );
    await writeFile(join(folder, OBSERVED), stringify(observed));
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const OBSERVED = 'observed.yaml';

/** The observer reads metrics by way of the API server, which is nobody's namespace: where policies are enforced, it has to be let in. */
const observed = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'ebb-observed' },
  spec: {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'ebb' } },
    policyTypes: ['Ingress'],
    ingress: [{ ports: [{ port: 9000 }] }],
  },
};

function kustomization(
  folder: string,
  overlay: string,
  labels: Cluster['labels'],
  release: Release,
  service: ServiceSettings,
): string {
  return stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(folder, resolve(overlay)), OBSERVED],
    // On the pods too: a drain goes by it, and must leave everybody else's alone.
    labels: [{ pairs: labels, includeTemplates: true }],
    ...(release.replicas === undefined ? {} : { replicas: [{ name: 'ebb', count: release.replicas }] }),
    components: (release.components ?? []).map((name) => relative(folder, resolve('k8s/components', name))),
    patches: [deploymentPatch(release), servicePatch(service)].map((patch) => ({ patch: stringify(patch) })),
    transformers: [relative(folder, resolve('k8s/transformers/termination-env'))],
  });
}

function deploymentPatch(release: Release) {
  const { image, args, env = {}, minReadySeconds, preStopSeconds, graceSeconds, cpuRequest } = release;
  const { annotations, containers = [], nativeSidecars } = release;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ebb' },
    spec: {
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      template: {
        ...(annotations === undefined ? {} : { metadata: { annotations } }),
        spec: {
          ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
          ...(nativeSidecars === undefined ? {} : { initContainers: nativeSidecars }),
          containers: [
            {
              name: 'ebb',
              image,
              // It was loaded into the nodes.
              imagePullPolicy: 'IfNotPresent',
              ...(args === undefined ? {} : { args }),
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              ...(preStopSeconds === undefined
                ? {}
                : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } }),
              ...(cpuRequest === undefined ? {} : { resources: { requests: { cpu: cpuRequest } } }),
              ...probes(release),
            },
            ...containers,
          ],
        },
      },
    },
  };
}

/** `null` takes a field away. */
function probes({ onlyProbe, readinessPath }: Release) {
  if (onlyProbe !== undefined) {
    return { startupProbe: null, livenessProbe: null, readinessProbe: { httpGet: onlyProbe } };
  }
  return readinessPath === undefined
    ? {}
    : { readinessProbe: { httpGet: { path: readinessPath, port: 'management' } } };
}

function servicePatch({ nodePort, trafficPolicy = 'Cluster' }: ServiceSettings) {
  const isOpen = nodePort !== undefined;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'ebb' },
    spec: {
      internalTrafficPolicy: trafficPolicy,
      ...(isOpen ? { type: 'NodePort', externalTrafficPolicy: trafficPolicy } : {}),
      ports: [{ port: 80, ...(isOpen ? { nodePort } : {}) }],
    },
  };
}
