import type { Express } from 'express';
import { ask, get } from '../call.js';
import { answer, expressSubject } from '../row.js';

/** What Express makes of `{"a":1}`. */
const SENT = 'W/"7-n4nHQM60bXQYySSnisV5QdXpZSA"';

const serving =
  (etag: unknown, body: unknown = { a: 1 }) =>
  (app: Express) => {
    app.set('etag', etag);
    app.get('/', (_req, res) => void res.send(body));
  };

export const conditional = expressSubject('etag, req.fresh and 304', [
  ['a weak etag', serving('weak')],
  ['a strong etag', serving('strong')],
  ['no etag', serving(false)],
  ['an etag of one’s own', serving((body: Buffer, encoding: string) => `"${body.length}-${encoding}"`)],
  ['an etag of one’s own that is none', serving(() => undefined)],
  ['an etag that the application sets', answer((_req, res) => res.set('ETag', '"mine"').send({ a: 1 }))],
  ['an etag of a Buffer', serving('weak', Buffer.from('ab'))],
  ['an etag of nothing', serving('weak', '')],
  ['HEAD', serving('weak'), ask('HEAD')],
  ['POST', (app) => app.post('/', (_req, res) => void res.send({ a: 1 })), ask('POST')],
  ['If-None-Match *', serving('weak'), get('/', { 'If-None-Match': '*' }), 304],
  ['If-None-Match of the same', serving('weak'), get('/', { 'If-None-Match': `"x", ${SENT}` }), 304],
  ['If-None-Match of another', serving('weak'), get('/', { 'If-None-Match': '"x"' })],
  ['If-None-Match * without etags', serving(false), get('/', { 'If-None-Match': '*' }), 304],
  ['If-None-Match of HEAD', serving('weak'), ask('HEAD', '/', { 'If-None-Match': '*' }), 304],
  [
    'If-None-Match of POST',
    (app) => app.post('/', (_req, res) => void res.send({ a: 1 })),
    ask('POST', '/', { 'If-None-Match': '*' }),
  ],
  ['If-None-Match, but no-cache', serving('weak'), get('/', { 'If-None-Match': '*', 'Cache-Control': 'no-cache' })],
  [
    'If-None-Match of an error',
    answer((_req, res) => res.status(404).send({ a: 1 })),
    get('/', { 'If-None-Match': '*' }),
    404,
  ],
  [
    'If-None-Match of 201',
    answer((_req, res) => res.status(201).send({ a: 1 })),
    get('/', { 'If-None-Match': '*' }),
    304,
  ],
  [
    'If-Modified-Since, not modified',
    answer((_req, res) => res.set('Last-Modified', 'Thu, 01 Jan 1970 00:00:00 GMT').send('a')),
    get('/', { 'If-Modified-Since': 'Fri, 02 Jan 1970 00:00:00 GMT' }),
    304,
  ],
  [
    'If-Modified-Since, modified',
    answer((_req, res) => res.set('Last-Modified', 'Sat, 03 Jan 1970 00:00:00 GMT').send('a')),
    get('/', { 'If-Modified-Since': 'Fri, 02 Jan 1970 00:00:00 GMT' }),
  ],
  [
    'If-Modified-Since without a date of the answer',
    answer((_req, res) => res.send('a')),
    get('/', { 'If-Modified-Since': 'Fri, 02 Jan 1970 00:00:00 GMT' }),
  ],
  [
    'fields that 304 leaves out',
    answer((_req, res) => res.set({ 'Content-Language': 'de', 'X-One': '1' }).type('txt').send('a')),
    get('/', { 'If-None-Match': '*' }),
    304,
  ],
  [
    'req.fresh and req.stale',
    answer((req, res, trace) => {
      res.set('ETag', '"a"');
      trace([req.fresh, req.stale]);
      res.end();
    }),
    get('/', { 'If-None-Match': '"a"' }),
  ],
  [
    'end, which no condition stops',
    answer((_req, res) => res.set('ETag', '"a"').end('a')),
    get('/', { 'If-None-Match': '"a"' }),
  ],
]);
