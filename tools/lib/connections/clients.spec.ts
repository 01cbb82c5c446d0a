/** The clients against servers that do to them what a pod may do. */
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Target } from '../load/client.js';
import { until } from '../processes/until.js';
import { ClientLog } from './client-log.js';
import { Connections } from './connections.js';
import { SocketClient, trySocket } from './socket-client.js';
import { StreamClient, tryStream } from './stream-client.js';

const opened: { close(): void }[] = [];

afterEach(() => opened.splice(0).forEach((one) => one.close()));

async function listening(server: Server): Promise<Target> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ close: () => server.closeAllConnections() }, server);
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, name: 'old-1' };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Each request is handled by the next. */
function inTurn(...handlers: readonly Handler[]): Promise<Target> {
  const rest = [...handlers];
  return listening(createServer((request, response) => (rest.shift() ?? refuse)(request, response)));
}

/** Each socket is handled by the next; those after the last are refused. */
async function socketsInTurn(...handlers: readonly ((socket: WebSocket) => void)[]): Promise<Target> {
  const rest = [...handlers];
  const server = createServer();
  const sockets = new WebSocketServer({ server, verifyClient: () => rest.length > 0 });
  opened.push({ close: () => sockets.clients.forEach((socket) => socket.terminate()) });
  sockets.on('connection', (socket) => rest.shift()?.(socket));
  return listening(server);
}

const refuse: Handler = (_request, response) => response.writeHead(503).end();

const says = (response: ServerResponse, ...lines: readonly string[]) =>
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(lines.map((line) => `${line}\n\n`).join(''));

const tick = (id: number) => `id: ${id}\ndata: {"pod":"ebb-x"}`;

async function streamFrom(target: Target, counts = true) {
  const log = new ClientLog(() => performance.now());
  const client = new StreamClient('/ticks', counts, () => target, log);
  opened.push(client);
  client.start();
  await until('the client to give up', () => log.isGivenUp || undefined);
  return log.record(false);
}

const ends = ({ openings }: { readonly openings: readonly { readonly end?: string; readonly detail?: string }[] }) =>
  openings.map(({ end, detail }) => [end, detail]);

describe('a client of a stream', () => {
  it('comes back when it was told to, or was cut, with the last id it had, and not after a refusal', async () => {
    const asked: unknown[] = [];
    const noted = (handle: Handler): Handler => {
      return (request, response) => {
        asked.push(request.headers['last-event-id']);
        handle(request, response);
      };
    };
    const target = await inTurn(
      noted(({ socket }, response) => {
        says(response, tick(1), tick(2), 'retry: 20');
        response.end().once('finish', () => socket.destroySoon());
      }),
      noted(({ socket }, response) => {
        says(response, tick(3));
        setTimeout(() => socket.resetAndDestroy(), 20);
      }),
      noted((_request, response) => {
        says(response, tick(4));
        response.end();
      }),
    );
    const record = await streamFrom(target);
    expect(asked).toEqual([undefined, '2', '3']);
    expect(ends(record)).toEqual([
      ['told', 'retry 20'],
      ['cut', 'ECONNRESET'],
      ['closed', 'retry not given'],
    ]);
    expect(record.openings.map(({ pod }) => pod)).toEqual(['old-1', 'old-1', 'old-1']);
    expect(record.refusals).toMatchObject([{ reason: '503 on its old connection', pod: 'old-1', isForGood: true }]);
    expect(record.gaps).toBe(0);
  });

  it.each([
    ['is lost', 5, 1],
    ['comes twice', 3, 1],
    ['is the next', 4, 0],
  ])('tells a gap: an event %s', async (_what, id, gaps) => {
    const target = await inTurn((_request, response) => {
      says(response, 'retry: 20', tick(3), tick(id));
      response.end();
    });
    expect((await streamFrom(target)).gaps).toBe(gaps);
  });

  it('comes back on the same connection, to the same pod, where the server ends the stream and not the connection', async () => {
    const ports = new Set<number | undefined>();
    const handle: Handler = ({ socket }, response) => {
      ports.add(socket.remotePort);
      says(response, 'retry: 20', tick(1));
      response.end();
    };
    const record = await streamFrom(await inTurn(handle, handle), false);
    expect(record.openings).toHaveLength(2);
    expect(ports.size).toBe(1);
  });

  it('comes back after nobody has listened', async () => {
    const server = createServer(refuse);
    const target = await listening(server);
    const log = new ClientLog(() => performance.now());
    let isUp = false;
    // Port 1 of loopback refuses at once.
    const client = new StreamClient('/', true, () => (isUp ? target : { ...target, port: 1 }), log);
    opened.push(client);
    client.start();
    await until('the first refusal', () => (log.record(false).refusals.length > 0 ? true : undefined));
    isUp = true;
    await until('the client to give up', () => log.isGivenUp || undefined);
    expect(log.record(false).refusals).toMatchObject([
      { reason: 'ECONNREFUSED', isForGood: false },
      { reason: '503', isForGood: true },
    ]);
  });
});

const reply = (socket: WebSocket, event: string, n: number) =>
  socket.send(JSON.stringify({ event, data: { n, pod: 'ebb-x' } }));

const numberIn = (data: unknown) => (JSON.parse(String(data)) as { data: { n: number } }).data.n;

async function socketTo(target: Target, isDone: (log: ClientLog) => boolean) {
  const log = new ClientLog(() => performance.now());
  const client = new SocketClient('/echo', true, () => target, log);
  opened.push(client);
  client.start();
  await until('the clients to be done', () => isDone(log) || undefined);
  client.close();
  return log.record(false);
}

describe('a WebSocket client', () => {
  it('sends again what was not answered, and loses a reply only where the service had begun to make it', async () => {
    const seen: number[] = [];
    const target = await socketsInTurn(
      (socket) => {
        socket.on('message', (data: Buffer) => {
          const n = seen.push(numberIn(data));
          reply(socket, 'taken', n);
          if (n === 1) reply(socket, 'echo', 1);
          else socket.close(1001, 'bye');
        });
      },
      (socket) => socket.once('message', (data: Buffer) => seen.push(numberIn(data)) && socket.terminate()),
      (socket) => socket.once('message', (data: Buffer) => seen.push(numberIn(data)) && socket.close(1000)),
    );
    const record = await socketTo(
      { ...target, name: undefined } as unknown as Target,
      (log) => log.record(false).refusals.length > 0,
    );
    expect(seen).toEqual([1, 2, 2, 2]);
    expect(ends(record)).toEqual([
      ['told', '1001 bye'],
      ['cut', '1006'],
      ['closed', '1000'],
    ]);
    expect(record).toMatchObject({ repliesLost: 1, gaps: 0, refusals: [{ reason: '401', isForGood: false }] });
    // The service says which pod it is.
    expect(record.openings[0]).toHaveProperty('pod', 'ebb-x');
  });

  it('tells a gap: a reply to something else', async () => {
    const target = await socketsInTurn((socket) => socket.once('message', () => reply(socket, 'echo', 7)));
    expect(await socketTo(target, (log) => log.record(false).gaps > 0)).toMatchObject({ gaps: 1 });
  });
});

/** Numbers its events, and begins after the last that the client has. */
const replays: Handler = ({ headers }, response) => {
  const last = Number(headers['last-event-id'] ?? 6);
  says(response, tick(last + 1), tick(last + 2));
};

describe('a path', () => {
  it('has a stream that is checked where its events are numbered and replayed', async () => {
    const target = await inTurn(replays, replays);
    expect(await tryStream('/', target, 1_000)).toBe(true);
  });

  it.each<[string, Handler[]]>([
    ['begins anew each time', [1, 2].map((): Handler => (_request, response) => says(response, tick(1)))],
    ['has no numbers', [(_request, response) => says(response, 'data: x')]],
    ['says nothing', [(_request, response) => says(response, '')]],
  ])('has a stream that is not checked where it %s', async (_what, handlers) => {
    expect(await tryStream('/', await inTurn(...handlers), 200)).toBe(false);
  });

  it.each<[string, Handler, string]>([
    ['an error', refuse, '503'],
    [
      'something else',
      (_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(),
      '200 text/html',
    ],
  ])('has no stream where it has %s', async (_what, handler, reason) => {
    expect(await tryStream('/', await inTurn(handler), 1_000)).toBe(reason);
  });

  it('has a WebSocket that is checked where messages are answered', async () => {
    const target = await socketsInTurn(
      (socket) => socket.on('message', (data: Buffer) => reply(socket, 'echo', numberIn(data))),
      () => undefined,
    );
    expect(await trySocket('/', target, 200)).toBe(true);
    expect(await trySocket('/', target, 200)).toBe(false);
    expect(await trySocket('/', target, 200)).toBe('401');
  });

  it.each(['sockets', 'streams'] as const)('that has none is told before there is any client: --%s', async (kind) => {
    const target = await listening(createServer(refuse));
    const settings = { load: 1, fastPath: '/', workPath: '/', [kind]: '/nowhere' };
    const prepared = Connections.prepare(
      settings,
      target,
      () => target,
      () => 0,
    );
    await expect(prepared).rejects.toThrow(`at /nowhere but: 503. Name the path of one with --${kind}`);
  });
});
