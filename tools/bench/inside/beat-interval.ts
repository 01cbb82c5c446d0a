/** How often a heartbeat is written, in milliseconds. */
export const EVERY_MS = 5;
