/** Adds jobs to a queue until it is told to go, and counts them in Redis: `adder.main.js QUEUE REDIS-HOST`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/** With five different durations two workers always have some in work. */
const ADD_EVERY_MS = 30;
const LEAST_MS = 50;
const DURATIONS = 5;

const [name = '', host = ''] = process.argv.slice(2);
const leaving = new AbortController();
process.on('SIGTERM', () => leaving.abort());

const redis = new Redis({ host });
const queue = new Queue(name, { connection: { host } });
for (let added = 0; !leaving.signal.aborted; added += 1) {
  await queue.add('order', { ms: LEAST_MS * (1 + (added % DURATIONS)) }, { removeOnComplete: true });
  await redis.incr(`${name}:added`);
  await sleep(ADD_EVERY_MS);
}
await queue.close();
redis.disconnect();
