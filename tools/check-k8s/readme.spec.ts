import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { k8s, read, render, root } from '../lib/manifests/kustomize.js';
import { check } from './check.js';
import { Rendered } from './fixtures.js';
import { draw } from './report.js';

it('the README shows a finding of check:k8s as it is printed', () => {
  const short = new Rendered(render(join(k8s, 'overlays/aws-alb'))).set('ConfigMap', 'data.KEEP_ALIVE_SECONDS', '50');
  const [finding = ''] = draw([{ source: 'aws-alb', ...check(short.yaml()) }]).split('\n  in ');
  expect(finding).toContain('keep-alive');
  // The hash is kustomize's.
  expect(read(root, 'README.md').replace(/(ConfigMap\/\w+-settings)-\w+/, '$1')).toContain(`\n${finding}\n`);
});
