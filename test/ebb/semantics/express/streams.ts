import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ask, get, leave, received, send, text } from '../call.js';
import { answer, expressSubject } from '../row.js';

const HELLO = resolve('test/ebb/semantics/files/hello.txt');
const LARGE = 'x'.repeat(300_000);

export const streams = expressSubject('streams and parts', [
  [
    'parts',
    answer((_req, res) => {
      res.write('a');
      res.write(Buffer.from('b'));
      res.end('c');
    }),
  ],
  [
    'parts with a length',
    answer((_req, res) => {
      res.set('Content-Length', '2');
      res.write('a');
      res.end('b');
    }),
  ],
  [
    'parts of HEAD',
    answer((_req, res) => {
      res.write('a');
      res.end('b');
    }),
    ask('HEAD'),
  ],
  [
    'parts of 204',
    answer((_req, res) => {
      res.status(204);
      res.write('a');
      res.end('b');
    }),
    get(),
    204,
  ],
  [
    'parts of 304',
    answer((_req, res) => {
      res.status(304);
      res.write('a');
      res.end();
    }),
    get(),
    304,
  ],
  [
    'parts with another encoding',
    answer((_req, res) => {
      res.write('fc', 'hex');
      res.end('ü', 'latin1');
    }),
  ],
  [
    'an empty part',
    answer((_req, res) => {
      res.write('');
      res.end();
    }),
  ],
  [
    'what write and end return',
    answer((_req, res, trace) => {
      trace(res.write('a'));
      trace(res.write(LARGE));
      trace(res.end() === res);
    }),
  ],
  [
    'callbacks of write',
    answer((_req, res, trace) => {
      res.write('a', () => trace('a'));
      res.write('b', 'utf8', () => trace('b'));
      res.end('c', () => trace('c'));
    }),
  ],
  [
    'a part that is none',
    answer((_req, res, trace) => {
      try {
        res.write(1);
      } catch (error) {
        trace(String(error));
      }
      res.end();
    }),
  ],
  [
    'parts later',
    answer((_req, res) => {
      res.write('a');
      setImmediate(() => {
        res.write('b');
        setImmediate(() => res.end('c'));
      });
    }),
  ],
  ['a file piped', answer((_req, res) => createReadStream(HELLO).pipe(res))],
  [
    'a file piped, with a type and a length',
    answer((_req, res) => createReadStream(HELLO).pipe(res.type('txt').set('Content-Length', '12'))),
  ],
  ['a file piped, HEAD', answer((_req, res) => createReadStream(HELLO).pipe(res)), ask('HEAD')],
  ['a readable of strings', answer((_req, res) => Readable.from(['a', 'b']).pipe(res))],
  [
    'a pipeline',
    answer(async (_req, res, trace) => {
      await pipeline(Readable.from(['a', 'b']), new PassThrough(), res);
      trace([res.writableFinished, res.writableEnded]);
    }),
  ],
  [
    'a pipeline that fails',
    answer(async (_req, res, trace) => {
      await pipeline(failing(), res).catch((error: unknown) => trace(String(error)));
    }),
    get(),
    'no answer',
  ],
  [
    'a request piped into the answer',
    (app) => app.post('/', (req, res) => void req.pipe(res)),
    { ...ask('POST'), body: 'echo' },
  ],
  ['a GET piped into the answer', answer((req, res) => req.pipe(res))],
  ['a GET piped, with a length of 0', answer((req, res) => req.pipe(res)), get('/', { 'Content-Length': '0' })],
  ['a large answer', answer((_req, res) => res.send(LARGE))],
  ['a large answer in json', answer((_req, res) => res.json({ LARGE }))],
  [
    'drain',
    answer((_req, res, trace) => {
      res.write(LARGE.repeat(20));
      res.once('drain', () => {
        trace('drain');
        res.end();
      });
    }),
  ],
  [
    'events of the server',
    answer((req, res) => {
      res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).flushHeaders();
      res.write('data: 1\n\n');
      req.on('close', () => res.end());
    }),
    [send(text(get(), 'keep-alive')), received('data: 1'), leave()],
  ],
  [
    'a timeout of the answer',
    answer((_req, res, trace) => {
      res.setTimeout(20, () => {
        trace('timeout');
        res.status(503).end();
      });
    }),
    get(),
    503,
  ],
  [
    'a timeout of the request',
    answer((req, res, trace) => {
      req.setTimeout(20, () => trace(['timeout', res.headersSent]));
    }),
    get(),
    'no answer',
  ],
  [
    'pipelined requests that are done in another order',
    (app) => {
      app.get('/slow', (_req, res) => void setTimeout(() => res.json({ slow: 1 }), 20));
      app.get('/', (_req, res) => void res.json({ fast: 1 }));
    },
    [send(text(get('/slow'), 'keep-alive') + text(get('/'), 'keep-alive') + text(get('/slow')))],
  ],
  [
    'three hundred pipelined requests',
    answer((_req, res) => res.json({ a: 1 })),
    [send(text(get(), 'keep-alive').repeat(300) + text(get()))],
  ],
]);

async function* failing(): AsyncGenerator<string> {
  yield 'half';
  await Promise.resolve();
  throw new Error('failed');
}
