/** Which other objects have to do with a workload. */
import { type Manifest, selects, valueAt } from './manifest.js';
import type { Objects } from './rule.js';
import type { Workload } from './workload.js';

export function sameNamespace(one: Manifest, other: Manifest): boolean {
  return one.metadata.namespace === other.metadata.namespace;
}

/** Of an object's labels, or of a selector: words and nothing else. */
export function wordsAt(manifest: Manifest, ...path: string[]): Record<string, string> | undefined {
  const value = valueAt(manifest, path);
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
}

/** The Services that lead to the workload's pods. */
export function servicesOf({ manifest, labels }: Workload, { manifests }: Objects): Manifest[] {
  return manifests.filter(
    (one) =>
      one.kind === 'Service' && sameNamespace(one, manifest) && selects(wordsAt(one, 'spec', 'selector'), labels),
  );
}

/** Objects of a kind whose `spec.selector.matchLabels` takes in the workload's pods. */
export function selecting(kind: string, { manifest, labels }: Workload, { manifests }: Objects): Manifest[] {
  return manifests.filter(
    (one) =>
      one.kind === kind &&
      sameNamespace(one, manifest) &&
      selects(wordsAt(one, 'spec', 'selector', 'matchLabels'), labels),
  );
}

/** The autoscaler of a workload, where its least number of replicas stands, and that number with the default. */
export function autoscalerOf({ manifest }: Workload, { manifests }: Objects) {
  const found = manifests.find(
    (one) =>
      (one.kind === 'HorizontalPodAutoscaler' || one.kind === 'ScaledObject') &&
      sameNamespace(one, manifest) &&
      valueAt(one, ['spec', 'scaleTargetRef', 'name']) === manifest.metadata.name &&
      (valueAt(one, ['spec', 'scaleTargetRef', 'kind']) ?? 'Deployment') === manifest.kind,
  );
  if (found === undefined) {
    return undefined;
  }
  const { key, fallback } =
    found.kind === 'ScaledObject' ? { key: 'minReplicaCount', fallback: 0 } : { key: 'minReplicas', fallback: 1 };
  const path = ['spec', key];
  const said = valueAt(found, path);
  return { autoscaler: found, path, fallback, least: typeof said === 'number' ? said : fallback };
}
