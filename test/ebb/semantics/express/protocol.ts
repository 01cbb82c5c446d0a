/** What stands below Express: versions, expectations, upgrades, and requests that are none. */
import type { Express } from 'express';
import { ask, get, leave, post, received, send, text, traced } from '../call.js';
import { answer, expressSubject } from '../row.js';

const EXPECTING =
  'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n';

const echo = (app: Express) =>
  app.use((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (part: string) => (body += part));
    req.on('end', () => void res.json({ method: req.method, version: req.httpVersion, body, trailers: req.trailers }));
  });

const raw = (request: string) => [send(request)];

export const protocol = expressSubject('below Express', [
  ['Expect: 100-continue', echo, [send(EXPECTING), received('100 Continue'), send('x')]],
  [
    'Expect: 100-continue, answered at once',
    (app) => app.post('/', (_req, res) => void res.status(403).json({ no: 1 })),
    [send(EXPECTING), received('no'), leave('end')],
    403,
  ],
  ['another expectation', echo, [send(text(post('x', { Expect: 'wonders' })))], 417],
  ['HTTP/1.0 that wants to stay', echo, raw('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n')],
  [
    'HTTP/1.0 that wants to stay, of parts',
    answer((_req, res) => {
      res.write('a');
      res.end('b');
    }),
    raw('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'),
  ],
  [
    'HTTP/1.0 that wants to stay, json',
    answer((_req, res) => res.json({ a: 1 })),
    raw('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n'),
  ],
  ['HTTP/1.1 without a host', echo, raw('GET / HTTP/1.1\r\n\r\n'), 400],
  ['two hosts', echo, raw('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n')],
  ['an empty line before', echo, raw(`\r\n${text(get())}`)],
  ['no request', echo, raw('GARBAGE\r\n\r\n'), 400],
  ['an unknown method', echo, raw('BREW / HTTP/1.1\r\nHost: a\r\n\r\n'), 400],
  ['a header that is none', echo, raw('GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n'), 400],
  ['a header that is too long', echo, raw(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`), 431],
  [
    'a length and chunks',
    echo,
    raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    400,
  ],
  ['two lengths', echo, raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'), 400],
  [
    'a good request, then no request',
    answer((_req, res) => res.json({ a: 1 })),
    raw(`${text(get(), 'keep-alive')}GARBAGE\r\n\r\n`),
  ],
  [
    'trailers of a request',
    echo,
    raw(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-End: 1\r\n\r\n',
    ),
  ],
  ['an upgrade that nobody takes', echo, get('/', { Connection: 'Upgrade, close', Upgrade: 'websocket' })],
  ['an upgrade that nobody takes, with a body', echo, post('x', { Connection: 'Upgrade, close', Upgrade: 'h2c' })],
  ['CONNECT', echo, raw('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'), 'no answer'],
  ['TRACE', echo, ask('TRACE')],
  ['OPTIONS *', echo, ask('OPTIONS', '*')],
  [
    'a client that goes after its request',
    (app, trace) =>
      app.use((req, res) => {
        trace('came');
        res.on('close', () => {
          trace(['gone', req.destroyed, req.readableAborted, res.writableEnded, res.destroyed]);
        });
      }),
    [send(text(get(), 'keep-alive')), traced('came'), leave()],
    'no answer',
  ],
  [
    'a client that has said all',
    answer((_req, res) => {
      setImmediate(() => res.json({ a: 1 }));
    }),
    [send(text(get())), leave('end')],
  ],
  ['many fields', echo, get('/', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`X-${index}`, 'a'])))],
  [
    'statusMessage and socket',
    answer((req, res) =>
      res.json([req.socket === res.socket, req.connection === req.socket, req.socket.remoteFamily, req.complete]),
    ),
  ],
]);
