import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { PodRecord, RolloutResult } from '../../lib/load/result.js';
import { longestGapMs } from '../inside/beats.js';
import { connectionsWithin } from './connections.js';
import { layersOf } from './image-layers.js';
import { figuresOf } from './rollout.js';

function pod(name: string, generation: 'old' | 'new', moments: Readonly<Record<string, number>>): PodRecord {
  const list = Object.entries(moments).map(([moment, atMs]) => ({ name: moment, atMs }));
  return { name, generation, moments: list } as unknown as PodRecord;
}

async function read(image: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    await writeFile(join(folder, 'image.tar'), image);
    return await layersOf(join(folder, 'image.tar'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the longest stand-still of a loop that beats every 5 ms', () => {
  it.each([
    ['between two beats', [95, 100, 105, 145, 150], 155, 35],
    ['at the signal, since the beat before it', [60, 150, 155], 160, 85],
    ['at the end of the process', [95, 100, 105], 205, 95],
    ['and not before the signal', [10, 98, 103, 108], 110, 0],
    ['without a beat after the signal', [98], 300, 197],
  ])('is found %s', (_where, beats, end, longest) => {
    expect(longestGapMs(beats, 100, end)).toBe(longest);
  });
});

describe('the crowds of idle connections', () => {
  it('are no larger than a process may open files', () => {
    expect(connectionsWithin([0, 1_000, 10_000], 20_000)).toEqual([0, 1_000, 10_000]);
    expect(connectionsWithin([0, 1_000, 5_000, 10_000], 4_096)).toEqual([0, 1_000, 3_596]);
  });
});

describe('the figures of a rollout', () => {
  const pods = [
    pod('new-1', 'new', { created: 1_000, ready: 1_500 }),
    pod('new-2', 'new', { created: 2_000, ready: 2_600 }),
    pod('old-1', 'old', { deleted: 2_100, exit: 6_000 }),
    pod('old-2', 'old', { deleted: 3_200, exit: 7_150 }),
  ];

  it('have as limit all up to the last deletion, and what the request in flight still needs', () => {
    const kinds = [{ requests: 10 }, { requests: 5 }];
    const figures = figuresOf({ pods, kinds, failures: [] } as unknown as RolloutResult);
    expect(figures).toEqual({ tookMs: 6_150, limitMs: 6_100, overMs: 50, bootMs: 1_100, requests: 15, failed: 0 });
  });

  it('are refused of a pod that never went', () => {
    const left = [...pods.slice(0, 3), pod('old-2', 'old', { deleted: 3_200 })];
    expect(() => figuresOf({ pods: left, kinds: [], failures: [] } as unknown as RolloutResult)).toThrow(
      'old-2 has no moment "exit".',
    );
  });
});

describe('the layers of an image', () => {
  const BLOCK = 512;

  function tar(files: Readonly<Record<string, string | Buffer>>): Buffer {
    const entries = Object.entries(files).map(([name, text]) => {
      const content = Buffer.from(text);
      const head = Buffer.alloc(BLOCK);
      head.write(name);
      head.write(content.length.toString(8).padStart(11, '0'), 124);
      head.write(name.endsWith('/') ? '5' : '0', 156);
      return Buffer.concat([head, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
    });
    return Buffer.concat([...entries, Buffer.alloc(BLOCK * 2)]);
  }

  it('are counted, packed or not, in the order of the manifest', async () => {
    const first = tar({ 'usr/': '', 'usr/bin/node': 'x'.repeat(1_000), 'etc/passwd': 'root' });
    const second = tar({ './app/main.js': 'y'.repeat(700) });
    const manifest = JSON.stringify([{ Layers: ['one.tar', 'two/layer.tar'] }]);
    const image = tar({ 'two/layer.tar': gzipSync(second), 'one.tar': first, 'manifest.json': manifest });
    expect(await read(image)).toEqual([
      { name: '1 (/usr /etc)', bytes: 1_004, files: 2 },
      { name: '2 (/app)', bytes: 700, files: 1 },
    ]);
  });

  it('are refused where there is no image', async () => {
    await expect(read(tar({ 'a.txt': 'a' }))).rejects.toThrow('has no manifest.json in it');
    const manifest = JSON.stringify([{ Layers: ['one.tar'] }]);
    await expect(read(tar({ 'manifest.json': manifest }))).rejects.toThrow('has no layer one.tar');
  });
});
