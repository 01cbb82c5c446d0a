import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../lib/terminal/flags.js';
import { readSuite } from './options.js';

const read = (...args: string[]) => readSuite(args, ['scale', 'node-drain']);

describe('the flags of npm run test:cluster', () => {
  it('may all be left out', () => {
    expect(read()).toMatchObject({
      overlay: 'k8s/overlays/dev',
      image: 'ebb:dev',
      namespace: 'ebb-test',
      nodePort: 30_080,
      repeat: 1,
      requests: 100_000,
      // A drain reaches out of the namespace.
      allowDrain: false,
    });
  });

  it.each([
    [['--scenario', 'drain'], '--scenario must be one of scale, node-drain, not "drain".'],
    [['--repeat', '0'], '--repeat must be a number from 1 to 100, not "0".'],
    [['--overlay', 'k8s/overlays/nowhere'], '--overlay must be a folder with a kustomization.yaml'],
    [['--drain'], "Unknown option '--drain'"],
  ])('are refused with a reason: %j', (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});
