/** Bodies of requests: who reads them, and what `req.body` is when there is none. */
import express, { type Express, type Request } from 'express';
import { gzipSync } from 'node:zlib';
import { ask, get, post, received, send, text } from '../call.js';
import { expressSubject } from '../row.js';

/** What is left of a body in the request. */
function bodyOf(req: Request): object {
  const body: unknown = req.body;
  return {
    body: Buffer.isBuffer(body) ? `buffer ${body.toString('latin1')}` : (body ?? String(body)),
    own: Object.hasOwn(req, 'body'),
    in: 'body' in req,
  };
}

const parsers =
  (...use: express.RequestHandler[]) =>
  (app: Express) => {
    use.forEach((parser) => app.use(parser));
    app.use((req, res) => void res.json(bodyOf(req)));
  };

const both = parsers(express.json(), express.urlencoded({ extended: true }));
const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const CHUNKED = { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' };
const gzipped = gzipSync('{"a":1}').toString('latin1');

export const bodies = expressSubject('bodies and their parsers', [
  ['no parser', parsers(), post('{"a":1}')],
  ['no body', both],
  ['no body, but a type', both, get('/', JSON_TYPE)],
  ['no body in POST', both, ask('POST')],
  ['a length of 0', both, post('', { ...JSON_TYPE, 'Content-Length': '0' })],
  ['a length of 0 in GET', both, get('/', { 'Content-Length': '0' })],
  ['json', both, post('{"a":1}')],
  [
    'json with a charset',
    both,
    post(Buffer.from('{"a":"ü"}').toString('latin1'), { 'Content-Type': 'application/json; charset=utf-8' }),
  ],
  [
    'json in utf-16',
    both,
    post(Buffer.from('{"a":"ü"}', 'utf16le').toString('latin1'), {
      'Content-Type': 'application/json; charset=utf-16le',
    }),
  ],
  [
    'json in a charset that nobody knows',
    both,
    post('{}', { 'Content-Type': 'application/json; charset=wonderful' }),
    415,
  ],
  ['json that is none', both, post('{"a":'), 400],
  ['json that is a number', both, post('1'), 400],
  ['json that is only spaces', both, post('  '), 400],
  ['json with a BOM', both, post('\u00ef\u00bb\u00bf{"a":1}')],
  ['json in a GET', both, { ...post('{"a":1}'), method: 'GET' }],
  ['json in a DELETE', both, { ...post('{"a":1}'), method: 'DELETE' }],
  ['json in chunks', both, post('3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n', CHUNKED)],
  ['no chunk but the last', both, post('0\r\n\r\n', CHUNKED)],
  ['no chunk but the last, without a type', both, post('0\r\n\r\n', { 'Transfer-Encoding': 'chunked' })],
  [
    'a chunk that is none',
    both,
    [send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')],
    400,
  ],
  ['gzip', both, post(gzipped, { ...JSON_TYPE, 'Content-Encoding': 'gzip' })],
  ['gzip that is none', both, post('{"a":1}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }), 400],
  ['an encoding that nobody knows', both, post('{}', { ...JSON_TYPE, 'Content-Encoding': 'zip' }), 415],
  [
    'gzip where it is not allowed',
    parsers(express.json({ inflate: false })),
    post(gzipped, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    415,
  ],
  ['another type', both, post('a', { 'Content-Type': 'text/plain' })],
  ['no type', both, post('{"a":1}', {})],
  [
    '+json',
    parsers(express.json({ type: 'application/*+json' })),
    post('{"a":1}', { 'Content-Type': 'application/x+json' }),
  ],
  ['too long', parsers(express.json({ limit: 10 })), post('{"a":"0123456789"}'), 413],
  ['too long in chunks', parsers(express.json({ limit: 5 })), post('9\r\n{"a":123}\r\n0\r\n\r\n', CHUNKED), 413],
  ['exactly as long as is allowed', parsers(express.json({ limit: 7 })), post('{"a":1}')],
  ['a form', both, post('a=1&b[]=2&b[]=3&c[d]=4', FORM)],
  ['a simple form', parsers(express.urlencoded()), post('a[b]=1&a=%FC', FORM)],
  [
    'a form in latin1',
    both,
    post('a=%FC', { 'Content-Type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }),
  ],
  ['a form of too many', parsers(express.urlencoded({ parameterLimit: 2 })), post('a=1&b=2&c=3', FORM), 413],
  ['an empty form', both, post('', FORM)],
  ['raw before json', parsers(express.raw({ type: '*/*' }), express.json()), post('{"a":1}')],
  ['json before raw', parsers(express.json(), express.raw({ type: '*/*' })), post('{"a":1}')],
  ['raw of nothing', parsers(express.raw({ type: '*/*' })), post('', JSON_TYPE)],
  ['text', parsers(express.text(), express.json()), post('a', { 'Content-Type': 'text/plain' })],
  ['text of nothing', parsers(express.text({ type: () => true }))],
  [
    'a type by function, which is asked without a body',
    parsers(
      express.json({
        type: () => {
          throw new Error('asked');
        },
      }),
    ),
  ],
  [
    'verify',
    (app, trace) => {
      app.use(express.json({ verify: (_req, _res, buffer, encoding) => trace(`${buffer.length} ${encoding}`) }));
      app.use((req, res) => void res.json(bodyOf(req)));
    },
    post('{"a":1}'),
  ],
  [
    'verify without a body',
    (app, trace) => {
      app.use(express.json({ verify: () => trace('asked') }));
      app.use((req, res) => void res.json(bodyOf(req)));
    },
  ],
  [
    'verify that refuses',
    parsers(
      express.json({
        verify: () => {
          throw new Error('no');
        },
      }),
    ),
    post('{"a":1}'),
    403,
  ],
  [
    'a body that was there before',
    (app) => {
      app.use((req, _res, next) => {
        req.body = { mine: true };
        next();
      });
      both(app);
    },
    post('{"a":1}'),
  ],
  [
    'a body that was there before, none sent',
    (app) => {
      app.use((req, _res, next) => {
        req.body = { mine: true };
        next();
      });
      both(app);
    },
  ],
  [
    'parsers for one route',
    (app) => {
      app.post('/', express.json(), (req, res) => void res.json(bodyOf(req)));
    },
    post('{"a":1}'),
  ],
  [
    'a body that nobody reads, then another request',
    (app) => app.post('/', (_req, res) => void res.send('unread')),
    [send(text(post('x'.repeat(50_000)), 'keep-alive')), received('unread'), send(text(post('b')))],
  ],
  [
    'a body that is never whole',
    both,
    [
      send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'),
      { leave: 'end' },
    ],
    400,
  ],
]);
