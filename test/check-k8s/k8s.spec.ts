/** All that is in `k8s/`, held against every rule without kubectl, which not everybody has who changes it. */
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { combinations } from '../support/components.js';
import { foldersIn, k8s, render } from '../support/kustomize.js';
import { Rendered } from './fixtures.js';

const overlays = foldersIn('overlays').map((folder) => ({ name: basename(folder), objects: render(folder) }));
const withComponents = combinations(foldersIn('components').map((folder) => basename(folder))).map((names) => ({
  name: `production with ${names.join(' and ')}`,
  objects: render(join(k8s, 'overlays/production'), { components: names.map((name) => join(k8s, 'components', name)) }),
}));

describe.each([...overlays, ...withComponents])('k8s/overlays/$name', ({ objects }) => {
  it('is objected to by no rule that is not waived', () => {
    expect(new Rendered(objects).objections().filter(({ waived }) => waived === undefined)).toEqual([]);
  });
});
