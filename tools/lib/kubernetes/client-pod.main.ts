/** The clients of `client-pod.ts`: `node client-pod.main.js HOST PORT LOAD`. They go on until SIGTERM, and print what they counted. */
import { once } from 'node:events';
import { Connections } from '../connections/connections.js';
import { Load, type LoadSettings } from '../load/load.js';
import { Recorder } from '../load/recorder.js';
import type { Counted } from './client-pod.js';
import { CLUSTER_CROWDS } from './crowds.js';

/** Beside the clients outside, which are the full number. */
const SHARE = 0.3;

const [host = '', port = '', load = '{}'] = process.argv.slice(2);
const settings = { ...(JSON.parse(load) as LoadSettings), load: SHARE };
const target = { host, port: Number(port) };
const route = () => target;
const now = () => performance.now();
const recorder = new Recorder(now);
const connections = await Connections.prepare(settings, target, route, now);
const clients = new Load(settings, route, recorder, CLUSTER_CROWDS);
clients.start();
connections.start();
await once(process, 'SIGTERM');
await clients.stop();
await connections.stop();
const inside = recorder.kinds.map(({ kind, ...counts }) => ({ ...counts, kind: `${kind}, from a pod` }));
const counted: Counted = {
  beganAt: performance.timeOrigin,
  kinds: inside,
  failures: recorder.failures,
  connections: connections.records,
};
process.stdout.write(`${JSON.stringify(counted)}\n`);
