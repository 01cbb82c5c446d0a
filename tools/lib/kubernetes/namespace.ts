import { ClusterError, type Kubectl } from './kubectl.js';

/** Kubernetes makes these in every namespace, and Istio the last two. */
const FROM_THE_START = new Set([
  'configmap/kube-root-ca.crt',
  'serviceaccount/default',
  'configmap/istio-ca-root-cert',
  'configmap/istio-ca-crl',
]);

const KINDS = 'all,configmaps,secrets,serviceaccounts,persistentvolumeclaims,ingresses,poddisruptionbudgets';

/** Enforced, and each breach told as a warning. */
const podSecurity = (profile: 'restricted' | 'privileged') => ({
  'pod-security.kubernetes.io/enforce': profile,
  'pod-security.kubernetes.io/warn': profile,
});

const REMOVAL_CEILING_MS = 120_000;

/** @throws {@link ClusterError} when it is there already: what is in it is not ours, and it is removed at the end */
export async function checkNamespace(kubectl: Kubectl): Promise<void> {
  const { namespace } = kubectl;
  const found = await kubectl.run(['get', 'namespace', namespace, '--ignore-not-found', '--output', 'name']);
  if (found.trim() !== '') {
    throw new ClusterError(
      `Namespace ${namespace} exists${await contents(kubectl)}. ` +
        `The tests make their own and remove it at the end: name another one with --namespace, ` +
        `or remove it with "kubectl delete namespace ${namespace}" if a test that was killed left it.`,
    );
  }
}

/** Makes the namespace of a run, which enforces the `restricted` profile. */
export async function makeNamespace(kubectl: Kubectl, labels: Readonly<Record<string, string>>): Promise<void> {
  await kubectl.run(['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: kubectl.namespace, labels: { ...podSecurity('restricted'), ...labels } },
    }),
  });
}

/** Lets every pod in while something is done. */
export async function withoutPodSecurity(kubectl: Kubectl, act: () => Promise<void>): Promise<void> {
  const enforce = (profile: 'restricted' | 'privileged') =>
    kubectl.run([
      'label',
      'namespace',
      kubectl.namespace,
      '--overwrite',
      ...Object.entries(podSecurity(profile)).map(([key, value]) => `${key}=${value}`),
    ]);
  await enforce('privileged');
  try {
    await act();
  } finally {
    await enforce('restricted');
  }
}

/** Removes it with everything in it, if it is the one that was made with these labels, and not one that was there. */
export async function removeNamespace(kubectl: Kubectl, selector: string): Promise<void> {
  const ours = await kubectl.run(['get', 'namespaces', '--selector', selector, '--output', 'name']);
  if (ours.trim() !== '') {
    // This is to make it faster, and no reason to leave anything behind.
    await clear(kubectl, selector).catch(() => undefined);
    await kubectl.run(['delete', 'namespaces', '--selector', selector, '--timeout=120s'], {
      ceilingMs: REMOVAL_CEILING_MS,
    });
  }
}

/**
 * Removes what a scenario made, so that the next one begins with nothing. Pods are orphaned first: deleted by their owner
 * they would be given their grace period, and sleep through their preStop hook.
 */
export async function clear(kubectl: Kubectl, selector: string): Promise<void> {
  const remove = (...args: string[]) =>
    kubectl.run(['delete', ...args, '--timeout=60s'], { ceilingMs: REMOVAL_CEILING_MS });
  await remove('deployments,replicasets', '--selector', selector, '--cascade=orphan');
  await remove('pods', '--all', '--grace-period=1');
  await remove(
    'horizontalpodautoscalers,poddisruptionbudgets,networkpolicies,ingresses,services,configmaps',
    '--selector',
    selector,
  );
}

async function contents(kubectl: Kubectl): Promise<string> {
  const listed = await kubectl.run(['get', KINDS, '--output', 'name']);
  const names = listed.split('\n').filter((name) => name !== '' && !FROM_THE_START.has(name));
  return names.length === 0 ? '' : ` and holds ${names.length} objects (${names.slice(0, 3).join(', ')})`;
}
