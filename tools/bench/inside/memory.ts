/** Loaded before a subject: says what it has on its heap, after what is garbage has been collected. */
export interface Heap {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What dies in one collection may hold what dies in the next. */
const COLLECTIONS = 3;

process.on('message', () => {
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const heap: Heap = { heapBytes: heapUsed + external, rssBytes: rss };
  process.send?.(heap);
});
// The subject ends when it would without this.
process.channel?.unref();
