/**
 * What kustomize would make of `k8s/`, without kubectl: as much of it as these files need. It refuses what it does not know
 * and never guesses.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = resolve(import.meta.dirname, '../../..');
export const k8s = join(root, 'k8s');

const replacementSchema = z
  .strictObject({
    source: z.strictObject({ kind: z.string(), name: z.string(), fieldPath: z.string() }).optional(),
    sourceValue: z.string().optional(),
    targets: z.array(
      z.strictObject({
        select: z.strictObject({ kind: z.string(), name: z.string() }),
        fieldPaths: z.array(z.string()),
        options: z.strictObject({ delimiter: z.string().min(1), index: z.int().nonnegative() }).optional(),
      }),
    ),
  })
  .refine(({ source, sourceValue }) => (source === undefined) !== (sourceValue === undefined), 'one source');
const replacementTransformerSchema = z.looseObject({
  kind: z.literal('ReplacementTransformer'),
  replacements: z.array(replacementSchema),
});
// Strict, so that a field which `render` does not act upon cannot slip in unseen.
const kustomizationSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  patches: z
    .array(
      z.strictObject({
        path: z.string().optional(),
        patch: z.string().optional(),
        target: z.strictObject({ kind: z.string(), name: z.string() }).optional(),
      }),
    )
    .default([]),
  images: z
    .array(
      z.strictObject({
        name: z.string(),
        newName: z.string().optional(),
        newTag: z.string().optional(),
        digest: z.string().optional(),
      }),
    )
    .default([]),
  replicas: z.array(z.strictObject({ name: z.string(), count: z.int() })).default([]),
  replacements: z.array(replacementSchema).default([]),
  configMapGenerator: z
    .array(
      z.strictObject({
        name: z.string(),
        behavior: z.literal('merge').optional(),
        files: z.array(z.string()).default([]),
        envs: z.array(z.string()).default([]),
        literals: z.array(z.string()).default([]),
        options: z.strictObject({ labels: z.record(z.string(), z.string()) }).optional(),
      }),
    )
    .default([]),
  transformers: z.array(z.string()).default([]),
  // Nothing below changes what is looked at here.
  namespace: z.string().optional(),
  namePrefix: z.string().optional(),
  nameSuffix: z.string().optional(),
  labels: z.unknown().optional(),
  secretGenerator: z.unknown().optional(),
  generatorOptions: z.unknown().optional(),
});

export const resourceSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
export type Resource = z.infer<typeof resourceSchema>;
export type Mapping = Record<string, unknown>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

export function foldersIn(name: string): string[] {
  const folder = join(k8s, name);
  return existsSync(folder)
    ? readdirSync(folder)
        .toSorted()
        .map((entry) => join(folder, entry))
    : [];
}

export function read(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}

export function kustomization(folder: string) {
  return kustomizationSchema.parse(parse(read(folder, 'kustomization.yaml')));
}

/**
 * What kustomize builds of a folder, in its order. With `more`: of an overlay upon it that lists these components and
 * patches, and the transformer that every overlay lists.
 */
export function render(folder: string, more: { components?: string[]; patches?: unknown[] } = {}): Resource[] {
  const { transformers } = kustomization(folder);
  const done = transformed(
    built(folder, []),
    transformers.map((entry) => resolve(folder, entry)),
  );
  if (more.components === undefined && more.patches === undefined) {
    return done;
  }
  const upon = (more.components ?? []).reduce((before, component) => built(component, before), done);
  return transformed(patched(upon, more.patches ?? []), [join(k8s, 'transformers/termination-env')]);
}

function transformed(resources: Resource[], transformers: string[]): Resource[] {
  return transformers.reduce((done, transformer) => {
    const files = kustomization(transformer).resources.map((file): unknown => parse(read(transformer, file)));
    return replaced(
      done,
      files.flatMap((file) => replacementTransformerSchema.parse(file).replacements),
    );
  }, resources);
}

/** Resources, components, generators, patches, replicas, images, replacements: of an overlay or of a component. */
function built(folder: string, before: Resource[]): Resource[] {
  const { resources, components, configMapGenerator, patches, images, replicas, replacements } = kustomization(folder);
  let done = [...before, ...resources.flatMap((entry) => load(resolve(folder, entry)))];
  for (const component of components) {
    done = built(resolve(folder, component), done);
  }
  for (const generator of configMapGenerator) {
    const made = configMap(folder, generator);
    done = generator.behavior === 'merge' ? patched(done, [made]) : [...done, made];
  }
  for (const { path, patch = '', target } of patches) {
    const parsed: unknown = parse(path === undefined ? patch : read(folder, path));
    done = target === undefined ? patched(done, [parsed]) : withoutFields(done, target, parsed);
  }
  for (const { name, count } of replicas) {
    done = patched(done, [{ kind: 'Deployment', metadata: { name }, spec: { replicas: count } }]);
  }
  for (const { name, newName = name, newTag, digest } of images) {
    const image = digest === undefined ? `${newName}:${String(newTag)}` : `${newName}@${digest}`;
    done = done.map((resource) => resourceSchema.parse(withImage(resource, name, image)));
  }
  return replaced(done, replacements);
}

type Generator = z.infer<typeof kustomizationSchema>['configMapGenerator'][number];

/** Without the hash that kustomize adds to its name, here and in the pod spec alike. */
function configMap(folder: string, { name, files, envs, literals, options }: Generator): Resource {
  const lines = envs.flatMap((file) => read(folder, file).split('\n'));
  const entries = [...lines.filter((line) => line !== '' && !line.startsWith('#')), ...literals];
  const pairs = entries.map((line): [string, string] => {
    const [, key = '', value = ''] = /^([\w.-]+)=(.*)$/.exec(line) ?? [];
    if (key === '' || /^['"]|^\s|\s$/.test(value)) {
      throw new TypeError(`${line}: NAME=value, without quotes and blanks, or teach this test to read it.`);
    }
    return [key, value];
  });
  const data: Record<string, string> = Object.fromEntries([
    ...files.map((file): [string, string] => [file, read(folder, file)]),
    ...pairs,
  ]);
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...options }, data };
}

function load(path: string): Resource[] {
  return statSync(path).isDirectory() ? render(path) : [resourceSchema.parse(parse(read(path)))];
}

const removals = z.array(z.strictObject({ op: z.literal('remove'), path: z.string() }));

/** A JSON patch that removes; where there is no such object, it does nothing. */
function withoutFields(resources: Resource[], target: { kind: string; name: string }, patch: unknown): Resource[] {
  const result = structuredClone(resources);
  const isMeant = ({ kind, metadata }: Resource) => kind === target.kind && metadata.name === target.name;
  for (const resource of result.filter(isMeant)) {
    for (const { path } of removals.parse(patch)) {
      const keys = path.split('/').slice(1);
      const last = keys.pop() ?? '';
      const holder = keys.reduce<unknown>((inner, key) => (inner as Mapping)[key], resource);
      if (!isMapping(holder) || !(last in holder)) {
        throw new Error(`${path}: nothing to remove there`);
      }
      Reflect.deleteProperty(holder, last);
    }
  }
  return result;
}

function patched(resources: Resource[], patches: unknown[]): Resource[] {
  return patches.reduce<Resource[]>((done, patch) => {
    if (Array.isArray(patch)) {
      throw new TypeError('A JSON patch: write it as a strategic merge patch, or teach this test to apply it.');
    }
    const { kind, metadata } = resourceSchema.parse(patch);
    const meant = (resource: Resource) => resource.kind === kind && resource.metadata.name === metadata.name;
    if (!done.some(meant)) {
      throw new Error(`A patch for ${kind} ${metadata.name}, which is not there.`);
    }
    const atomic = !LISTS_BY_NAME.has(kind);
    return done.map((resource) => (meant(resource) ? resourceSchema.parse(merged(resource, patch, atomic)) : resource));
  }, resources);
}

/** The kinds that are patched here and have lists that merge. Those of all others are replaced as a whole. */
const LISTS_BY_NAME = new Set(['Deployment', 'Service']);

/**
 * A strategic merge as Kubernetes does it to pods: mappings merge, lists of named things merge by name, null deletes.
 * New things come first in their list: kustomize prepends them.
 */
function merged(base: unknown, patch: unknown, atomic = false): unknown {
  if (isMapping(base) && isMapping(patch)) {
    const result: Mapping = { ...base };
    for (const [key, value] of Object.entries(patch)) {
      if (key.startsWith('$')) {
        throw new TypeError(`${key} is not known to this test.`);
      }
      if (value === null) {
        delete result[key];
      } else {
        result[key] = merged(result[key], value, atomic);
      }
    }
    return result;
  }
  if (!atomic && isList(base) && isList(patch) && [...base, ...patch].every((item) => keyOf(item) !== undefined)) {
    const items = base.map((item) => {
      const change = patch.find((other) => keyOf(other) === keyOf(item));
      return change === undefined ? item : merged(item, change);
    });
    const added = patch.filter((item) => !base.some((other) => keyOf(other) === keyOf(item)));
    return [...added.map((item) => merged(undefined, item)), ...items];
  }
  return patch;
}

function keyOf(item: unknown): unknown {
  return isMapping(item)
    ? (item['topologyKey'] ?? item['mountPath'] ?? item['containerPort'] ?? item['port'] ?? item['name'])
    : undefined;
}

function withImage(value: unknown, name: string, image: string): unknown {
  if (isList(value)) {
    return value.map((item) => withImage(item, name, image));
  }
  return isMapping(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          key === 'image' && typeof inner === 'string' && inner.split(':')[0] === name
            ? image
            : withImage(inner, name, image),
        ]),
      )
    : value;
}

function replaced(resources: Resource[], replacements: z.infer<typeof replacementSchema>[]): Resource[] {
  const result = structuredClone(resources);
  const find = (meant: { kind: string; name: string }) =>
    result.find(({ kind, metadata }) => kind === meant.kind && metadata.name === meant.name);
  for (const { source, sourceValue, targets } of replacements) {
    const from = source === undefined ? sourceValue : at(find(source), source.fieldPath).value;
    for (const { select, fieldPaths, options } of targets) {
      for (const path of fieldPaths) {
        const to = at(find(select), path);
        if (options === undefined) {
          // A target that exists keeps its type.
          to.holder[to.key] = typeof to.value === 'string' ? String(from) : from;
        } else {
          const parts = String(to.value).split(options.delimiter);
          // Beyond the end, whatever the index, it is appended.
          parts[Math.min(options.index, parts.length)] = String(from);
          to.holder[to.key] = parts.join(options.delimiter);
        }
      }
    }
  }
  return result;
}

/** The field at a kustomize field path, `[name=value]` steps included; it must exist. */
function at(start: unknown, path: string): { holder: Mapping; key: string; value: unknown } {
  let holder: Mapping = {};
  let key = '';
  let value = start;
  for (const step of path.match(/\[[^\]]+\]|[^.]+/g) ?? []) {
    const [, name, wanted] = /^\[(\w+)=(.+)\]$/.exec(step) ?? [];
    if (name !== undefined && isList(value)) {
      value = value.find((item) => isMapping(item) && item[name] === wanted);
    } else if (isMapping(value)) {
      holder = value;
      key = step;
      value = value[step];
    }
    if (value === undefined) {
      throw new Error(`${path}: nothing at ${step}`);
    }
  }
  return { holder, key, value };
}
