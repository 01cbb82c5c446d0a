/**
 * Keeps records alive: `memory ring 32000` that many, the oldest of which becomes garbage with each new one, `memory leak` all of them. With
 * a ring it tells when each of its places was taken ten times.
 */
import { defineApp } from '#ebb';
import { print } from './print.js';

const [mode, size = '0'] = process.argv.slice(3);
const limit = mode === 'ring' ? Number(size) : Number.POSITIVE_INFINITY;

const BATCH = 400;
const TURNS = 10;

const kept: unknown[] = [];
let made = 0;

/** About 2 kB in small objects. */
function record(): unknown {
  return Array.from({ length: 16 }, (_, index) => ({ id: made + index, price: made * 1.5, name: `order ${index}` }));
}

function keepMore(): void {
  for (let count = 0; count < BATCH; count += 1) {
    kept[limit === Number.POSITIVE_INFINITY ? made : made % limit] = record();
    made += 1;
  }
  if (made >= TURNS * limit && made < TURNS * limit + BATCH) {
    print({ event: 'all-replaced' });
  }
}

export default defineApp({
  setup() {
    setInterval(keepMore, 2);
  },
});
