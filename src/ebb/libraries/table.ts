import { bullmq } from './bullmq.js';
import type { Library } from './library.js';
import { schedule } from './schedule.js';

/**
 * The libraries whose hooks are called early, a row each; those that are not installed cost nothing. An application adds its
 * own: `defineApp({ libraries: [ … ] })`.
 */
export const LIBRARIES: readonly Library[] = [schedule, bullmq];
