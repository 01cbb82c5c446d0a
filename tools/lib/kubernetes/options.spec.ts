import { describe, expect, it } from '@jest/globals';
import { UsageError, parse } from '../terminal/flags.js';
import { CLUSTER_FLAGS, readCluster } from './options.js';

const read = (...args: string[]) => readCluster(parse(args, CLUSTER_FLAGS));

describe('the flags that name a cluster', () => {
  it('may all be left out', () => {
    expect(read()).toEqual({
      overlay: 'k8s/overlays/dev',
      image: 'ebb:dev',
      namespace: 'ebb-test',
      nodePort: 30_080,
    });
  });

  it('say where clients reach the port of a node', () => {
    expect(read('--base-url', 'http://127.0.0.1:30080').baseUrl?.port).toBe('30080');
  });

  it.each([
    [['--overlay', 'k8s/overlays/nowhere'], '--overlay must be a folder with a kustomization.yaml'],
    [['--namespace', 'Ebb'], '--namespace must be small letters, digits and hyphens, not "Ebb".'],
    [['--node-port', 'http'], '--node-port must be a number from 1 to 65535, not "http".'],
    [['--base-url', 'localhost:30080'], '--base-url must be like http://127.0.0.1:30080, not "localhost:30080".'],
    [['--base-url', 'https://x'], '--base-url must be like http://127.0.0.1:30080'],
  ])('are refused with a reason: %j', (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});
