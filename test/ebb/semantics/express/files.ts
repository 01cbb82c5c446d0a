import { resolve } from 'node:path';
import express, { type Express } from 'express';
import { ask, get } from '../call.js';
import { answer, expressSubject } from '../row.js';

/** Files that both sides serve; the programs run in the project's root. */
const FILES = resolve('test/ebb/semantics/files');
const HELLO = `${FILES}/hello.txt`;
const LONG_AGO = 'Thu, 01 Jan 1970 00:00:00 GMT';
const FAR_OFF = 'Thu, 01 Jan 2099 00:00:00 GMT';

const served = (options?: Parameters<typeof express.static>[1]) => (app: Express) =>
  app.use('/s', express.static(FILES, options));

export const files = expressSubject('files', [
  ['sendFile', answer((_req, res) => res.sendFile(HELLO))],
  ['sendFile, HEAD', answer((_req, res) => res.sendFile(HELLO)), ask('HEAD')],
  [
    'sendFile with a root and headers',
    answer((_req, res) => res.sendFile('data.json', { root: FILES, maxAge: '1d', headers: { 'X-One': '1' } })),
  ],
  ['sendFile with a type of its own', answer((_req, res) => res.type('html').sendFile(HELLO))],
  ['sendFile of nothing', answer((_req, res) => res.sendFile(`${FILES}/nope`)), get(), 404],
  ['sendFile of a hidden file', answer((_req, res) => res.sendFile(`${FILES}/.hidden`)), get(), 404],
  ['sendFile of a folder', answer((_req, res) => res.sendFile(FILES)), get(), 404],
  [
    'sendFile of a path that leaves its root',
    answer((_req, res) => res.sendFile('../call.ts', { root: FILES })),
    get(),
    403,
  ],
  ['sendFile without a root', answer((_req, res) => res.sendFile('hello.txt')), get(), 500],
  [
    'sendFile with a callback',
    answer((_req, res, trace) => res.sendFile(HELLO, (error?: Error) => trace(String(error)))),
  ],
  [
    'sendFile of nothing with a callback',
    answer((_req, res) => res.sendFile('/nope', (error) => void res.status(410).send(error?.name))),
    get(),
    410,
  ],
  [
    'sendFile, not modified since',
    answer((_req, res) => res.sendFile(HELLO)),
    get('/', { 'If-Modified-Since': FAR_OFF }),
    304,
  ],
  ['sendFile, modified since', answer((_req, res) => res.sendFile(HELLO)), get('/', { 'If-Modified-Since': LONG_AGO })],
  ['sendFile, If-None-Match', answer((_req, res) => res.sendFile(HELLO)), get('/', { 'If-None-Match': '*' }), 304],
  [
    'sendFile, a precondition that fails',
    answer((_req, res) => res.sendFile(HELLO)),
    get('/', { 'If-Match': '"x"' }),
    412,
  ],
  ['sendFile with etags off', (app) => app.disable('etag').get('/', (_req, res) => res.sendFile(HELLO))],
  ['download', answer((_req, res) => res.download(HELLO))],
  ['download under another name', answer((_req, res) => res.download(HELLO, 'ü.txt'))],
  ['download of nothing', answer((_req, res) => res.download(`${FILES}/nope`)), get(), 404],
  ['static', served(), get('/s/hello.txt')],
  ['static, HEAD', served(), ask('HEAD', '/s/hello.txt')],
  ['static, json', served(), get('/s/data.json')],
  ['static, empty', served(), get('/s/empty.txt')],
  ['static, POST', served(), ask('POST', '/s/hello.txt'), 404],
  ['static, POST without a fall through', served({ fallthrough: false }), ask('POST', '/s/hello.txt'), 405],
  ['static, nothing there', served(), get('/s/nope'), 404],
  [
    'static, nothing there and something behind',
    (app) => {
      served()(app);
      app.use((_req, res) => void res.send('behind'));
    },
    get('/s/nope'),
  ],
  ['static, nothing there without a fall through', served({ fallthrough: false }), get('/s/nope'), 404],
  ['static, index', served(), get('/s/site/')],
  ['static, no index', served({ index: false }), get('/s/site/'), 404],
  ['static, a folder', served(), get('/s/site'), 301],
  ['static, a folder without a redirect', served({ redirect: false }), get('/s/site'), 404],
  ['static, extensions', served({ extensions: ['txt'] }), get('/s/hello')],
  ['static, hidden', served(), get('/s/.hidden'), 404],
  ['static, hidden and allowed', served({ dotfiles: 'allow' }), get('/s/.hidden')],
  ['static, a path that leaves it', served(), get('/s/%2e%2e/call.ts'), 404],
  ['static, a path with a null', served(), get('/s/a%00b'), 404],
  ['static, a range', served(), get('/s/hello.txt', { Range: 'bytes=1-3' }), 206],
  ['static, the end', served(), get('/s/hello.txt', { Range: 'bytes=-3' }), 206],
  ['static, two ranges', served(), get('/s/hello.txt', { Range: 'bytes=0-1,3-4' })],
  ['static, a range that there is not', served(), get('/s/hello.txt', { Range: 'bytes=100-' }), 416],
  [
    'static, a range if nothing has changed',
    served(),
    get('/s/hello.txt', { Range: 'bytes=1-3', 'If-Range': FAR_OFF }),
    206,
  ],
  ['static, a range, but it has changed', served(), get('/s/hello.txt', { Range: 'bytes=1-3', 'If-Range': LONG_AGO })],
  ['static, no ranges', served({ acceptRanges: false }), get('/s/hello.txt', { Range: 'bytes=1-3' })],
  ['static, neither etag nor date', served({ etag: false, lastModified: false }), get('/s/hello.txt')],
  ['static, immutable', served({ immutable: true, maxAge: 1_000 }), get('/s/hello.txt')],
  [
    'static, setHeaders',
    served({
      setHeaders: (res) => {
        res.setHeader('X-One', '1');
      },
    }),
    get('/s/hello.txt'),
  ],
  ['static, not modified', served(), get('/s/hello.txt', { 'If-None-Match': '*' }), 304],
]);
