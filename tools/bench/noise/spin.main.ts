/** Does the same piece of work whenever it is asked to, on the server's core, and says how long it took. */
const LOOPS = 2_000_000;

/** The middle one counts, so that one interrupt is not taken for a slow machine. */
const TIMES = 5;

/** Integer arithmetic in registers: no memory, so that it depends on the processor alone. */
function spin(): number {
  const begun = performance.now();
  let value = 1;
  for (let loop = 0; loop < LOOPS; loop += 1) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  }
  const tookMs = performance.now() - begun;
  // Uses the value, or the loop could be left out.
  return value === 0 ? tookMs + 1e-9 : tookMs;
}

process.on('message', () => {
  const times = Array.from({ length: TIMES }, spin).toSorted((a, b) => a - b);
  process.send?.(times[Math.floor(TIMES / 2)]);
});
