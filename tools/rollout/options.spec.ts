import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe('the flags of npm run rollout', () => {
  it('leave to the overlay what they do not name', () => {
    const options = readOptions(['--target', 'kubernetes', '--lame-duck', '0.5']);
    expect(options).toMatchObject({ target: 'kubernetes', replicas: 3, lameDuckSeconds: 0.5 });
    expect(options).not.toHaveProperty('preStopSeconds');
    expect(options).not.toHaveProperty('graceSeconds');
  });

  it('have no clients that stay connected unless they say where', () => {
    expect(readOptions([])).not.toHaveProperty('sockets');
    expect(readOptions([])).not.toHaveProperty('streams');
    expect(readOptions(['--sockets', '/chat', '--streams', '/ticker'])).toMatchObject({
      sockets: '/chat',
      streams: '/ticker',
    });
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
