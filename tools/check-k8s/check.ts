/** Every rule over every workload of one source, with the waivers that stand on the objects. */
import { type Field, annotationOf, type Manifest, nameOf, readManifests } from './manifest.js';
import type { Finding, Rule, Severity } from './rule.js';
import { RULES } from './rules.js';
import { readWorkloads, type Workload } from './workload.js';

/** Before the id of the rule that an annotation waives; its value is the reason. */
export const WAIVER = 'check-k8s/waive.';

export interface Objection extends Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly workload: string;
  /** Why it is accepted; absent: it is not. */
  readonly waived?: string;
}

export interface Checked {
  readonly workloads: readonly string[];
  readonly objections: readonly Objection[];
}

/**
 * Checks rendered YAML.
 *
 * @throws {@link BadManifests} for what cannot be checked
 */
export function check(text: string): Checked {
  return checkManifests(readManifests(text));
}

export function checkManifests(manifests: readonly Manifest[]): Checked {
  const workloads = readWorkloads(manifests);
  const all = { manifests, workloads };
  const found = workloads.flatMap((workload) =>
    RULES.flatMap((rule) => rule.check(workload, all).map((finding) => objection(rule, finding, workload, manifests))),
  );
  return { workloads: workloads.map(({ name }) => name), objections: [...found, ...idleWaivers(manifests, found)] };
}

function objection(
  { id, severity }: Rule,
  finding: Finding,
  { name, manifest }: Workload,
  manifests: readonly Manifest[],
): Objection {
  // On the object itself, or on the workload for all that belongs to it.
  const about = manifests.find((one) => nameOf(one) === finding.read[0].object) ?? manifest;
  const waived = [about, manifest]
    .map(({ metadata }) => metadata.annotations[`${WAIVER}${id}`]?.trim())
    .find((reason) => reason !== undefined && reason !== '');
  return { rule: id, severity, workload: name, ...finding, ...(waived === undefined ? {} : { waived }) };
}

/** A waiver that waives nothing hides the next mistake. */
function idleWaivers(manifests: readonly Manifest[], found: readonly Objection[]): Objection[] {
  return manifests.flatMap((manifest) =>
    Object.entries(manifest.metadata.annotations)
      .filter(([name]) => name.startsWith(WAIVER))
      .filter(([name, reason]) => {
        const rule = name.slice(WAIVER.length);
        const object = nameOf(manifest);
        return !found.some(
          (one) =>
            one.rule === rule &&
            one.waived === reason.trim() &&
            (one.workload === object || one.read[0].object === object),
        );
      })
      .map(([name, reason]) => idle(nameOf(manifest), name, reason, annotationOf(manifest, name))),
  );
}

function idle(workload: string, name: string, reason: string, field: Field): Objection {
  const rule = name.slice(WAIVER.length);
  const why = !RULES.some(({ id }) => id === rule)
    ? `there is no rule ${rule}`
    : reason.trim() === ''
      ? 'it gives no reason'
      : 'the rule does not object';
  return {
    rule: 'waiver',
    severity: 'warning',
    workload,
    says: `The waiver has no effect: ${why}.`,
    read: [field],
    change: reason.trim() === '' ? 'Write the reason.' : 'Take it away.',
  };
}
