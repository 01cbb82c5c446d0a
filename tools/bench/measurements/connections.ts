import { openFilesLimit } from '../processes/machine.js';

/** What a process has open beside its connections. */
const RESERVE = 500;

/** These numbers of connections, and no more than a process may open. */
export function connectionsWithin(sizes: readonly number[], limit = openFilesLimit()): number[] {
  return [...new Set(sizes.map((size) => Math.min(size, Math.max(limit - RESERVE, 0))))];
}
