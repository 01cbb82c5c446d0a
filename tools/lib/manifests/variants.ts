/** Everything that is rendered of `k8s/`: each overlay as it is, and each component and pair as an overlay would add it. */
import { basename, join } from 'node:path';
import { combinations } from './components.js';
import { foldersIn, k8s, render, type Resource } from './kustomize.js';

export interface Variant {
  /** As `npm run check:k8s` calls it. */
  readonly name: string;
  /** Those that were added, in their order. */
  readonly components: readonly string[];
  readonly objects: Resource[];
}

export const overlays: readonly Variant[] = foldersIn('overlays').map((folder) => ({
  name: `k8s/overlays/${basename(folder)}`,
  components: [],
  objects: render(folder),
}));

export function componentsUpon(overlay: string): Variant[] {
  return combinations(foldersIn('components').map((folder) => basename(folder))).map((components) => ({
    name: `k8s/overlays/${overlay} with ${components.join(' and ')}`,
    components,
    objects: render(join(k8s, 'overlays', overlay), {
      components: components.map((name) => join(k8s, 'components', name)),
    }),
  }));
}
