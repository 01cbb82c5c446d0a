/** Where rendered YAML comes from: a folder, standard input, or a component upon an overlay. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { notStarted } from '../lib/kubernetes/kubectl.js';
import { combinations } from '../lib/manifests/components.js';
import { BadManifests } from './manifest.js';

/** Something that is checked by itself. */
export interface Source {
  readonly name: string;
  /** @throws {@link BadManifests} when it cannot be rendered */
  readonly render: () => Promise<string>;
}

/** The ceiling of one rendering; it takes a fraction of a second. */
const CEILING_MS = 60_000;
const LONGEST_OUTPUT = 64 * 1_024 * 1_024;

/** Which overlay a component is tried upon. */
const OVERLAY = 'k8s/overlays/production';

/** Without kubectl nothing can be rendered, so that there is no use in going on. */
export class NoKubectl extends Error {}

export function folder(path: string): Source {
  return { name: path, render: () => kustomize(path) };
}

export const standardInput: Source = { name: 'standard input', render: () => text(process.stdin) };

/** Every overlay, and every component and pair upon one of them. */
export async function everything(): Promise<Source[]> {
  const overlays = await readdir(resolve('k8s/overlays'));
  const components = await readdir(resolve('k8s/components'));
  return [
    ...overlays.toSorted().map((name) => folder(`k8s/overlays/${name}`)),
    ...combinations(components.toSorted()).map((names) => ({
      name: `${OVERLAY} with ${names.join(' and ')}`,
      render: () => withComponents(names),
    })),
  ];
}

/** As a user would add them: a kustomization that takes the overlay, and copies G and P last. */
async function withComponents(names: readonly string[]): Promise<string> {
  // Resolved, because kustomize resolves it too before it follows a relative path.
  const own = await realpath(await mkdtemp(join(tmpdir(), 'ebb-check-')));
  const from = (path: string) => relative(own, resolve(path));
  try {
    await writeFile(
      join(own, 'kustomization.yaml'),
      stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [from(OVERLAY)],
        components: names.map((name) => from(`k8s/components/${name}`)),
        transformers: [from('k8s/transformers/termination-env')],
      }),
    );
    return await kustomize(own);
  } finally {
    await rm(own, { recursive: true });
  }
}

/** An older kustomize calls every newer field a mistake. */
function hint(stderr = ''): string {
  return stderr.includes('unknown field')
    ? '\nUnless it is a misspelling, kubectl is too old: k8s/ takes 1.34 or newer (kubectl version --client).'
    : '';
}

async function kustomize(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new BadManifests(`There is no folder ${path}.`);
  }
  try {
    const { stdout } = await promisify(execFile)('kubectl', ['kustomize', path], {
      timeout: CEILING_MS,
      killSignal: 'SIGKILL',
      maxBuffer: LONGEST_OUTPUT,
    });
    return stdout;
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (typeof code === 'string' && code.startsWith('E') && stderr === '') {
      throw new NoKubectl(notStarted(error), { cause: error });
    }
    const why =
      killed === true
        ? `was ended after ${CEILING_MS / 1_000} s`
        : `failed: ${stderr?.trim() ?? String(error)}${hint(stderr)}`;
    throw new BadManifests(`kubectl kustomize ${path} ${why}`, { cause: error });
  }
}
