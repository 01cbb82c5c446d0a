/** The clients of `client-pod.ts`: `node client-pod.main.js HOST PORT`. They go on until SIGTERM, and print what they counted. */
import { once } from 'node:events';
import { Load } from '../load/load.js';
import { Recorder } from '../load/recorder.js';
import type { Counted } from './client-pod.js';
import { CLUSTER_CROWDS } from './crowds.js';

/** Beside the clients outside, which are the full number. */
const LOAD = { load: 0.3, fastPath: '/a', workPath: '/?delay={seconds}' };

const [host = '', port = ''] = process.argv.slice(2);
const recorder = new Recorder(() => performance.now());
const load = new Load(LOAD, () => ({ host, port: Number(port) }), recorder, CLUSTER_CROWDS);
load.start();
await once(process, 'SIGTERM');
await load.stop();
const inside = recorder.kinds.map(({ kind, ...counts }) => ({ ...counts, kind: `${kind}, from a pod` }));
const counted: Counted = { beganAt: performance.timeOrigin, kinds: inside, failures: recorder.failures };
process.stdout.write(`${JSON.stringify(counted)}\n`);
