/** The objects of a rendered folder or chart, as loosely as their common shape, and the fields in them. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const words = z.record(z.string(), z.string());
const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z
    .looseObject({
      name: z.string().optional(),
      generateName: z.string().optional(),
      namespace: z.string().optional(),
      labels: words.default({}),
      annotations: words.default({}),
    })
    .transform(({ name, generateName, ...rest }, context) => {
      const called = name ?? generateName;
      if (called === undefined) {
        context.addIssue({ code: 'custom', path: ['name'], message: 'it has none' });
        return z.NEVER;
      }
      return { ...rest, name: called };
    }),
});
const listSchema = z.looseObject({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) });

/** One Kubernetes object. */
export type Manifest = z.infer<typeof manifestSchema>;

/** What was given cannot be checked; the message has one line per reason. */
export class BadManifests extends Error {}

/** A step into an object: a key, or the item of a list that has this name. */
export type Step = string | { readonly name: string };

/** A field that a rule has read. */
export interface Field {
  readonly object: string;
  /** As kustomize writes it; a key with dots in it in quotation marks. */
  readonly path: string;
  /** As it stands there; what holds instead where it is absent. */
  readonly value: string;
}

/** @throws {@link BadManifests} for YAML that cannot be read, and for documents that are no Kubernetes objects */
export function readManifests(text: string): Manifest[] {
  // Charts merge with `<<`, as YAML 1.1 has it.
  const documents = parseAllDocuments(text, { merge: true });
  const problems: string[] = [];
  const manifests: Manifest[] = [];
  for (const [index, document] of [...documents].entries()) {
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(`Broken YAML in document ${index + 1}: ${error.message.split('\n')[0] ?? ''}`);
      continue;
    }
    let value: unknown;
    try {
      value = withoutNulls(document.toJS());
    } catch (mistake) {
      // An alias of nothing, or one that stands for too much.
      problems.push(`Broken YAML in document ${index + 1}: ${mistake instanceof Error ? mistake.message : ''}`);
      continue;
    }
    // Between two separators, or a chart's template that rendered to nothing.
    if (value === undefined) {
      continue;
    }
    for (const item of itemsIn(value)) {
      const { data, error: mistake } = manifestSchema.safeParse(item);
      if (data === undefined) {
        problems.push(`Document ${index + 1} is no Kubernetes object: ${mistake?.issues.map(described).join('; ')}`);
      } else {
        manifests.push(data);
      }
    }
  }
  if (problems.length > 0) {
    throw new BadManifests(problems.join('\n'));
  }
  return manifests;
}

/** Those of a list, of lists in it too; else the object itself. */
function itemsIn(value: unknown): readonly unknown[] {
  const list = listSchema.safeParse(value).data;
  return list === undefined ? [value] : list.items.flatMap(itemsIn);
}

/** To the API server, a field that is null is absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  return isMapping(value)
    ? Object.fromEntries(
        Object.entries(value)
          .map(([key, inner]): [string, unknown] => [key, withoutNulls(inner)])
          .filter(([, inner]) => inner !== undefined),
      )
    : (value ?? undefined);
}

/** Where and what, of a mistake that a schema has found. */
export function described({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}

/** How an object is called in a report: `Deployment/ebb`, and with its namespace where it says one. */
export function nameOf({ kind, metadata: { name, namespace } }: Manifest): string {
  return `${kind}/${name}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(manifest: unknown, steps: readonly Step[]): unknown {
  return steps.reduce((value: unknown, step) => {
    if (typeof step !== 'string') {
      return Array.isArray(value)
        ? value.find((item: unknown) => isMapping(item) && item['name'] === step.name)
        : undefined;
    }
    return isMapping(value) ? value[step] : undefined;
  }, manifest);
}

/** The items of a list at a path; none where there is no list. */
export function itemsAt(manifest: unknown, steps: readonly Step[]): readonly unknown[] {
  const value = valueAt(manifest, steps);
  return Array.isArray(value) ? value : [];
}

/** @param fallback  what holds where the field is absent */
export function fieldOf(manifest: Manifest, steps: readonly Step[], fallback?: number | string): Field {
  const value = valueAt(manifest, steps);
  const absent = fallback === undefined ? 'not set' : `${fallback} (not set, the default)`;
  return {
    object: nameOf(manifest),
    path: steps
      .map((step) => (typeof step === 'string' ? (step.includes('.') ? `"${step}"` : step) : `[name=${step.name}]`))
      .join('.'),
    value: value === undefined ? absent : textOf(value),
  };
}

/**
 * A value as a report shows it: a text as it is, everything else as JSON. Not the values of variables and headers: some are
 * secret, and a rule that means one names it.
 */
export function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, (key, inner: unknown) => (key === 'value' ? '…' : inner));
}

/** An annotation of an object, as a field. */
export function annotationOf(manifest: Manifest, name: string, fallback?: number | string): Field {
  return fieldOf(manifest, ['metadata', 'annotations', name], fallback);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of a selector by labels alone: what it wants is among what is there. No label selects nothing here. */
export function selects(
  wanted: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
) {
  const pairs = Object.entries(wanted ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}
