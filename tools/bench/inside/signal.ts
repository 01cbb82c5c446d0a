/**
 * Loaded before a subject: says when it begins to listen to SIGTERM. The kernel cannot tell, because Node itself catches the
 * signal from its first moment on, to leave the terminal as it was.
 */
import { writeSync } from 'node:fs';
import { sharedNow } from '../processes/clock.js';

const PIPE = 3;

process.on('newListener', (event: string | symbol) => {
  if (event === 'SIGTERM') {
    writeSync(PIPE, `${sharedNow()}\n`);
  }
});
