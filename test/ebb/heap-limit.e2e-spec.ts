/** The heap's limit follows the container's, as the image sets it: garbage is collected before the kernel ends the pod for it. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { BundledApp } from './support/bundled.js';
import { MemoryCgroup } from './support/memory-cgroup.js';
import { endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

const container = MemoryCgroup.make(128 * 1024 * 1024);

/** What the Dockerfile gives Node. */
const [, imageOptions = ''] = /^ENV NODE_OPTIONS=(.*)$/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];

/** Records whose memory fits, with what Node needs besides, and whose garbage does not if much of it is kept. */
const RING = ['ring', '32000'];

const KILLED = { code: null, signal: 'SIGKILL' };
const OUT_OF_HEAP = { code: null, signal: 'SIGABRT' };

(container === undefined ? describe.skip : describe)('a container of 128 MiB (skipped without cgroups)', () => {
  const memory = new BundledApp('memory');

  beforeAll(() => memory.make());
  afterEach(endServices);
  afterAll(() => {
    memory.remove();
    container?.remove();
  });

  const serve = (args: readonly string[], NODE_OPTIONS: string) =>
    Service.spawn({ ...container?.command(process.execPath, memory.args(...args)), env: { NODE_OPTIONS } });

  it('has its garbage collected', async () => {
    const line = await serve(RING, imageOptions).event('all-replaced');
    expect(line).toEqual({ event: 'all-replaced' });
  });

  it('is killed for its garbage without the option (negative control)', async () => {
    expect(await serve(RING, '').exited).toEqual(KILLED);
  });

  it('says that the heap is full when the service keeps too much', async () => {
    const service = serve(['leak'], imageOptions);
    expect(await service.exited).toEqual(OUT_OF_HEAP);
    expect(service.log).toContain('JavaScript heap out of memory');
  });

  it('is killed without a word for that without the option (negative control)', async () => {
    const service = serve(['leak'], '');
    expect(await service.exited).toEqual(KILLED);
    expect(service.log).not.toContain('out of memory');
  });
});
