/** All that is in `k8s/`, held against every rule without kubectl, which not everybody has who changes it. */
import { describe, expect, it } from '@jest/globals';
import { componentsUpon, overlays } from '../lib/manifests/variants.js';
import { Rendered } from './fixtures.js';

describe.each([...overlays, ...componentsUpon('production')])('$name', ({ objects }) => {
  it('is objected to by no rule that is not waived', () => {
    expect(new Rendered(objects).objections().filter(({ waived }) => waived === undefined)).toEqual([]);
  });
});
