/**
 * Serves all cases of one side, each stage on a port of its own: `node serve-side.js stock express`. A second server tells what
 * the applications have traced.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { until } from '../../../tools/lib/processes/until.js';
import { SIDES } from './sides.js';
import { SUBJECTS } from './subjects.js';

/** So many turns of the event loop later everything has happened that follows from the end of a connection. */
const TURNS = 5;

interface Stage {
  readonly server: Server;
  readonly trace: string[];
  readonly sockets: Set<Socket>;
}

const [sideName = '', table = ''] = process.argv.slice(2);
const side = SIDES[sideName];
const subjects = SUBJECTS[table];
if (side === undefined || subjects === undefined) {
  throw new Error(
    `No side "${sideName}" or no table "${table}"; there are ${Object.keys({ ...SIDES, ...SUBJECTS }).join(', ')}`,
  );
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What would have ended the process; told with the next trace, because what the one side throws the other has to throw. */
const uncaught: string[] = [];

const stages: Record<string, Stage> = {};
const ports: Record<string, number> = {};
for (const [name, build] of subjects.flatMap((subject) => Object.entries(subject.stages))) {
  if (stages[name] !== undefined) {
    throw new Error(`Two stages are called "${name}"`);
  }
  const trace: string[] = [];
  const server = await build(side, (event) => trace.push(typeof event === 'string' ? event : JSON.stringify(event)));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  stages[name] = { server, trace, sockets };
  ports[name] = await listen(server);
}

/** `/settled` waits until nobody is connected, `/traced` until something has been traced, `/mark` for some turns of the loop. */
async function tell(path: string, { trace, sockets }: Stage, event: string): Promise<readonly string[]> {
  if (path === '/traced') {
    const wanted = () => (trace.includes(event) ? true : undefined);
    await until(`the trace "${event}"`, wanted, undefined, () => JSON.stringify(trace));
    return [];
  }
  if (path === '/settled') {
    await until('the end of all connections', () => (sockets.size === 0 ? true : undefined));
  }
  for (let turns = 0; turns < TURNS; turns += 1) {
    await turn();
  }
  if (path === '/mark') {
    trace.push(event);
    return [];
  }
  return [...trace.splice(0), ...uncaught.splice(0)];
}

const control = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control');
  const stage = stages[searchParams.get('stage') ?? ''];
  const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
  if (stage === undefined) {
    answer(404, 'no such stage');
    return;
  }
  tell(pathname, stage, searchParams.get('event') ?? '').then(
    (events) => answer(200, events),
    (error: unknown) => answer(500, String(error)),
  );
});

// Not before: what goes wrong with an application at its start is to end the program.
process.on('uncaughtException', (error) => uncaught.push(`uncaught ${String(error)}`));
const controlPort = await listen(control);
process.stdout.write(`${JSON.stringify({ event: 'startup.complete', ports, port: controlPort })}\n`);
