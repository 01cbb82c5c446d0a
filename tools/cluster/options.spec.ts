import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../lib/terminal/flags.js';
import { readOptions } from '../rollout/options.js';
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
    [['--namespace', 'Ebb'], '--namespace must be small letters, digits and hyphens, not "Ebb".'],
    [['--node-port', 'http'], '--node-port must be a number from 1 to 65535, not "http".'],
    [['--base-url', 'localhost:30080'], '--base-url must be like http://127.0.0.1:30080, not "localhost:30080".'],
    [['--base-url', 'https://x'], '--base-url must be like http://127.0.0.1:30080'],
    [['--drain'], "Unknown option '--drain'"],
  ])('are refused with a reason: %j', (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});

describe('the flags of npm run rollout', () => {
  it('leave to the overlay what they do not name', () => {
    const options = readOptions(['--target', 'kubernetes', '--lame-duck', '0.5']);
    expect(options).toMatchObject({ target: 'kubernetes', replicas: 3, lameDuckSeconds: 0.5 });
    expect(options).not.toHaveProperty('preStopSeconds');
    expect(options).not.toHaveProperty('graceSeconds');
  });

  it.each([
    [['--target', 'docker'], '--target must be processes or kubernetes, not "docker".'],
    [['--image', 'ebb:1'], '--image is for --target kubernetes.'],
    [['--target', 'kubernetes', '--service', 'node a.js'], '--service is for --target processes.'],
    [['--target', 'kubernetes', '--pre-stop', '1.5'], '--pre-stop must be a whole number, not "1.5".'],
  ])('are refused where they mean nothing: %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
