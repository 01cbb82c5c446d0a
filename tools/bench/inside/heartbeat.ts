/**
 * Loaded before a subject: writes when its event loop came round, every 5 ms, to a pipe. A gap between two of these is how long
 * the loop stood still: whoever probes the process then waits as long.
 */
import { writeSync } from 'node:fs';
import { EVERY_MS } from './beat-interval.js';
import { sharedNow } from '../processes/clock.js';

const PIPE = 3;

setInterval(() => {
  try {
    writeSync(PIPE, `${sharedNow()}\n`);
  } catch {
    // The bench reads too slowly, or has ended: a beat that is missing is a gap, which is too long rather than too short.
  }
}, EVERY_MS).unref();
