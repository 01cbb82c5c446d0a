/**
 * The tests' own rendering of `k8s/` is kubectl's, of which they are a reading: else `npm test` would check manifests that
 * nobody applies. Needs kubectl 1.34 or newer, which a cluster has: `npm run test:cluster:specs`.
 */
import { describe, expect, it } from '@jest/globals';
import { Rendered } from './fixtures.js';
import { type Manifest, nameOf, readManifests } from './manifest.js';
import { everything } from './sources.js';
import { componentsUpon, overlays } from '../lib/manifests/variants.js';

const own = new Map([...overlays, ...componentsUpon('production')].map(({ name, objects }) => [name, objects]));

/** By their names, and without the hashes at the end of generated ones, which only kustomize makes. */
function named(yaml: string): Record<string, Manifest> {
  const manifests = readManifests(yaml.replaceAll(/(?<=name: \S+)-[0-9bcdfghkmt]{10}$/gm, ''));
  return Object.fromEntries(manifests.map((manifest) => [nameOf(manifest), manifest]));
}

const sources = await everything();

describe('kubectl kustomize', () => {
  it.each(sources)('makes of $name what the tests read', async ({ name, render }) => {
    expect(named(new Rendered(own.get(name) ?? []).yaml())).toEqual(named(await render()));
  });
});
