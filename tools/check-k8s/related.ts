/** Which other objects have to do with a workload. */
import { itemsAt, type Manifest, selects, valueAt } from './manifest.js';
import type { Objects } from './rule.js';
import type { Workload } from './workload.js';

/** Where one of them names none, it goes wherever it is applied to. */
export function sameNamespace(one: Manifest, other: Manifest): boolean {
  const [mine, others] = [one.metadata.namespace, other.metadata.namespace];
  return mine === undefined || others === undefined || mine === others;
}

/** Those in an object's namespace. */
export function near(one: Manifest, manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter((other) => sameNamespace(one, other));
}

/** Of an object's labels, or of a selector: words and nothing else. */
export function wordsAt(manifest: Manifest, ...path: string[]): Record<string, string> | undefined {
  const value = valueAt(manifest, path);
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
}

/** The Services that lead to the workload's pods. */
export function servicesOf({ manifest, labels }: Workload, { manifests }: Objects): Manifest[] {
  return near(manifest, manifests).filter(
    (one) => one.kind === 'Service' && selects(wordsAt(one, 'spec', 'selector'), labels),
  );
}

/** The ports of the pods that a Service leads to. */
export function targetPortsOf(service: Manifest): (string | number)[] {
  return itemsAt(service, ['spec', 'ports'])
    .map((port) => valueAt(port, ['targetPort']) ?? valueAt(port, ['port']))
    .filter((port): port is string | number => typeof port === 'string' || typeof port === 'number');
}

/** Objects of a kind whose selector takes in the workload's pods. */
export function selecting(
  kind: string,
  at: 'selector' | 'podSelector',
  { manifest, labels }: Workload,
  { manifests }: Objects,
): Manifest[] {
  return near(manifest, manifests).filter((one) => one.kind === kind && matches(valueAt(one, ['spec', at]), labels));
}

type Labels = Readonly<Record<string, string>>;

/** A label selector as Kubernetes reads it: without any requirement it takes in everything. Absent: nothing. */
export function matches(selector: unknown, labels: Labels): boolean {
  if (typeof selector !== 'object' || selector === null) {
    return false;
  }
  const wanted = Object.entries((valueAt(selector, ['matchLabels']) ?? {}) as Labels);
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    itemsAt(selector, ['matchExpressions']).every((one) => holds(one, labels))
  );
}

/** One of a selector's `matchExpressions`, with a node's or a pod's labels. */
function holds(expression: unknown, labels: Labels): boolean {
  const value = labels[String(valueAt(expression, ['key']))];
  const values = valueAt(expression, ['values']);
  const isAmong = value !== undefined && Array.isArray(values) && values.includes(value);
  switch (valueAt(expression, ['operator'])) {
    case 'In':
      return isAmong;
    case 'NotIn':
      return !isAmong;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** The autoscaler of a workload, where its least number of replicas stands, and that number with the default. */
export function autoscalerOf({ manifest }: Workload, { manifests }: Objects) {
  const found = near(manifest, manifests).find(
    (one) =>
      (one.kind === 'HorizontalPodAutoscaler' || one.kind === 'ScaledObject') &&
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
