import { ask, get } from '../call.js';
import { answer, expressSubject } from '../row.js';

export const send = expressSubject('res.send, res.end and res.sendStatus', [
  ['a string', answer((_req, res) => res.send('hällo'))],
  ['an empty string', answer((_req, res) => res.send(''))],
  ['a Buffer', answer((_req, res) => res.send(Buffer.from([0, 255, 1])))],
  ['a Uint8Array', answer((_req, res) => res.send(new Uint8Array([1, 2])))],
  ['a number', answer((_req, res) => res.send(42))],
  ['null', answer((_req, res) => res.send(null))],
  ['undefined', answer((_req, res) => res.send())],
  ['true', answer((_req, res) => res.send(true))],
  ['an object', answer((_req, res) => res.send({ a: 1 }))],
  ['a long string, with an etag', answer((_req, res) => res.send('x'.repeat(2_000)))],
  ['a type in short', answer((_req, res) => res.type('txt').send('text'))],
  ['a type in full', answer((_req, res) => res.type('application/pdf').send('text'))],
  [
    'a type with another charset',
    answer((_req, res) => res.set('Content-Type', 'text/plain; charset=iso-8859-1').send('ü')),
  ],
  ['a type of a Buffer', answer((_req, res) => res.type('html').send(Buffer.from('<p>')))],
  ['204 with a body', answer((_req, res) => res.status(204).send('text')), get(), 204],
  ['205 with a body', answer((_req, res) => res.status(205).send('text')), get(), 205],
  ['304 with a body', answer((_req, res) => res.status(304).send('text')), get(), 304],
  [
    'an own reason phrase',
    answer((_req, res) => {
      res.statusMessage = 'Fine';
      res.send('text');
    }),
  ],
  ['a status that is none', answer((_req, res) => res.status(99).send('text')), get(), 500],
  ['a status without a name', answer((_req, res) => res.status(299).send('text')), get(), 299],
  ['Transfer-Encoding set', answer((_req, res) => res.set('Transfer-Encoding', 'chunked').send('text'))],
  ['HEAD', answer((_req, res) => res.send('text')), ask('HEAD')],
  ['HEAD of a route of its own', (app) => app.head('/', (_req, res) => res.set('X-A', '1').end()), ask('HEAD')],
  [
    'OPTIONS that nobody answers',
    (app) => {
      app.get('/', (_req, res) => res.end());
      app.post('/', (_req, res) => res.end());
    },
    ask('OPTIONS'),
  ],
  ['OPTIONS of a route of its own', (app) => app.options('/', (_req, res) => res.send('mine')), ask('OPTIONS')],
  ['sendStatus 200', answer((_req, res) => res.sendStatus(200))],
  ['sendStatus 404', answer((_req, res) => res.sendStatus(404)), get(), 404],
  ['sendStatus 204', answer((_req, res) => res.sendStatus(204)), get(), 204],
  ['sendStatus without a name', answer((_req, res) => res.sendStatus(599)), get(), 599],
  ['end without anything', answer((_req, res) => res.end())],
  ['end of a string', answer((_req, res) => res.end('text'))],
  ['end of latin1', answer((_req, res) => res.end('ü', 'latin1'))],
  [
    'end of a Buffer and a callback',
    (app, trace) => app.get('/', (_req, res) => void res.end(Buffer.from('ab'), () => trace('called'))),
  ],
  [
    'end twice',
    answer((_req, res) => {
      res.end('a');
      res.end('b');
    }),
  ],
  [
    'send twice',
    (app, trace) =>
      app.get('/', (_req, res) => {
        res.send('a');
        try {
          res.send('b');
        } catch (error) {
          trace(String(error));
        }
      }),
  ],
  [
    'json after the end',
    (app, trace) =>
      app.get('/', (_req, res) => {
        res.end();
        try {
          res.json({});
        } catch (error) {
          trace(String(error));
        }
      }),
  ],
  [
    'nothing at all, and the client goes',
    (app, trace) => app.get('/', () => trace('came')),
    [{ send: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' }, { traced: 'came' }, { leave: 'end' }],
    'no answer',
  ],
]);
