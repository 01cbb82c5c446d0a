import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EVERY_MS } from './beat-interval.js';
import type { Server } from '../processes/server.js';

/** When the event loop of a server came round, as the heartbeat that was loaded into it writes. */
export class Beats {
  readonly #atMs: number[] = [];
  readonly #allRead: Promise<unknown>;

  constructor({ pipe }: Server) {
    if (pipe === undefined) {
      throw new Error('The server was started without a heartbeat.');
    }
    const lines = createInterface({ input: pipe }).on('line', (line) => this.#atMs.push(Number(line)));
    this.#allRead = once(lines, 'close');
  }

  /** How long the loop stood still at most between two moments, the last of which is the end of the process. */
  async longestGapMs(fromMs: number, endMs: number): Promise<number> {
    await this.#allRead;
    return longestGapMs(this.#atMs, fromMs, endMs);
  }
}

/** @param atMs the beats, in their order. */
export function longestGapMs(atMs: readonly number[], fromMs: number, endMs: number): number {
  const before = atMs.findLast((at) => at <= fromMs) ?? fromMs;
  const beats = [before, ...atMs.filter((at) => at > fromMs && at <= endMs), endMs];
  const gaps = beats.slice(1).map((at, index) => at - (beats[index] ?? at));
  return Math.max(0, ...gaps.map((gap) => gap - EVERY_MS));
}
