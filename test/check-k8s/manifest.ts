/** The objects of a rendered folder or chart, as loosely as their common shape, and the fields in them. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const words = z.record(z.string(), z.string());
const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: words.nullish().transform((labels) => labels ?? {}),
    annotations: words.nullish().transform((annotations) => annotations ?? {}),
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
  const documents = parseAllDocuments(text);
  const problems: string[] = [];
  const manifests: Manifest[] = [];
  for (const [index, document] of [...documents].entries()) {
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(`Broken YAML in document ${index + 1}: ${error.message.split('\n')[0] ?? ''}`);
      continue;
    }
    const value: unknown = document.toJS();
    // Between two separators, or a chart's template that rendered to nothing.
    if (value === null || value === undefined) {
      continue;
    }
    const list = listSchema.safeParse(value).data;
    for (const item of list?.items ?? [value]) {
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

/** Where and what, of a mistake that a schema has found. */
export function described({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}

/** How an object is called in a report: `Deployment/ebb`. */
export function nameOf({ kind, metadata: { name } }: Manifest): string {
  return `${kind}/${name}`;
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

/** A value as a report shows it: a text as it is, everything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
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
