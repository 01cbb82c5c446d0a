/**
 * The tests' own rendering of `k8s/` is kubectl's, of which they are a reading: else `npm test` would check manifests that
 * nobody applies. Needs kubectl 1.34 or newer, which a cluster has: `npm run test:cluster:specs`.
 */
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Rendered } from '../check-k8s/fixtures.js';
import { type Manifest, nameOf, readManifests } from '../check-k8s/manifest.js';
import { everything } from '../check-k8s/sources.js';
import { combinations } from './components.js';
import { foldersIn, k8s, render } from './kustomize.js';

const component = (name: string) => join(k8s, 'components', name);
const own = [
  ...foldersIn('overlays').map((folder) => render(folder)),
  ...combinations(foldersIn('components').map((folder) => basename(folder))).map((names) =>
    render(join(k8s, 'overlays/production'), { components: names.map(component) }),
  ),
];
const rendered = (await everything()).map(({ name, render: byKubectl }, index) => ({
  name,
  byKubectl,
  objects: own[index] ?? [],
}));

/** By their names, and without the hashes at the end of generated ones, which only kustomize makes. */
function named(yaml: string): Record<string, Manifest> {
  const manifests = readManifests(yaml.replaceAll(/(?<=name: \S+)-[0-9bcdfghkmt]{10}$/gm, ''));
  return Object.fromEntries(manifests.map((manifest) => [nameOf(manifest), manifest]));
}

describe('kubectl kustomize', () => {
  it.each(rendered)('makes of $name what the tests read', async ({ byKubectl, objects }) => {
    expect(named(new Rendered(objects).yaml())).toEqual(named(await byKubectl()));
  });
});
