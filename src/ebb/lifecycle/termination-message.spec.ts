import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeTerminationMessage } from './termination-message.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-'));
  path = join(folder, 'termination-log');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The kubelet creates the file, empty, before it starts the container. */
function asTheKubeletDoes(): void {
  writeFileSync(path, '');
}

describe('writeTerminationMessage', () => {
  it.each([
    ['a message', 'Cannot start: the port is taken.'],
    ['a message in several lines', '2 mistakes:\n- one\n- two'],
    ['a message beyond ASCII', 'Zu spät für Änderungen'],
    ['no words at all', ''],
  ])('writes %s into the file of the kubelet', (_circumstance, message) => {
    asTheKubeletDoes();
    writeTerminationMessage(message, path);
    expect(readFileSync(path, 'utf8')).toBe(message);
  });

  it('writes all of a message that the kubelet keeps just about', () => {
    asTheKubeletDoes();
    writeTerminationMessage('x'.repeat(4_096), path);
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(4_096));
  });

  it('cuts a message after the 4096 bytes that the kubelet keeps: bytes, not characters', () => {
    asTheKubeletDoes();
    writeTerminationMessage(`${'x'.repeat(10)}${'ä'.repeat(5_000)}`, path);
    const written = readFileSync(path);
    expect(written).toHaveLength(4_096);
    expect(written.toString('utf8')).toBe(`${'x'.repeat(10)}${'ä'.repeat(2_043)}`);
  });

  it('leaves nothing of a longer message that was there before', () => {
    asTheKubeletDoes();
    writeTerminationMessage('a long message of an earlier attempt', path);
    writeTerminationMessage('short', path);
    expect(readFileSync(path, 'utf8')).toBe('short');
  });

  it('does not create a file that is missing: outside a cluster nobody reads it', () => {
    writeTerminationMessage('nobody asked', path);
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('does not throw where it cannot write', () => {
    mkdirSync(path);
    expect(() => writeTerminationMessage('nobody asked', path)).not.toThrow();
    expect(() => writeTerminationMessage('nobody asked', join(folder, 'no', 'such', 'folder'))).not.toThrow();
  });
});
