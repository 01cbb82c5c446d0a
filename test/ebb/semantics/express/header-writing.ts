import { seen } from './header-access.js';
import { get, send, text } from '../call.js';
import { answer, expressSubject } from '../row.js';

export const headerWriting = expressSubject('writing the header', [
  ['writeHead', answer((_req, res) => res.writeHead(201).end('a')), get(), 201],
  ['writeHead with fields', answer((_req, res) => res.writeHead(200, { 'X-One': '1', 'x-powered-by': 'me' }).end('a'))],
  ['writeHead with a reason', answer((_req, res) => res.writeHead(200, 'Fine', { 'X-One': '1' }).end('a'))],
  [
    'writeHead with a list',
    answer((_req, res) => res.writeHead(200, ['X-One', '1', 'X-Powered-By', 'me', 'X-One', '2']).end('a')),
  ],
  [
    'writeHead with pairs',
    answer((_req, res) =>
      res
        .writeHead(200, [
          ['X-One', '1'],
          ['X-Two', '2'],
        ] as never)
        .end('a'),
    ),
    get(),
    500,
  ],
  [
    'writeHead with a list, without any field before',
    (app) =>
      app
        .disable('x-powered-by')
        .get('/', (_req, res) => void res.writeHead(200, ['X-One', '1', 'X-One', '2']).end('a')),
  ],
  ['writeHead with a length', answer((_req, res) => res.writeHead(200, { 'Content-Length': 1 }).end('a'))],
  [
    'writeHead, then what is seen',
    answer((_req, res, trace) => {
      res.writeHead(200, { 'X-One': '1' });
      trace(seen(res));
      res.end();
    }),
  ],
  [
    'writeHead twice',
    answer((_req, res, trace) => {
      res.writeHead(200);
      try {
        res.writeHead(201);
      } catch (error) {
        trace([String(error)]);
      }
      res.end();
    }),
  ],
  [
    'setHeader after the header was sent',
    answer((_req, res, trace) => {
      res.write('a');
      for (const change of [
        () => res.setHeader('A', '1'),
        () => res.removeHeader('A'),
        () => res.appendHeader('A', '1'),
        () => res.set('A', '1'),
        () => res.setHeaders(new Map()),
      ]) {
        try {
          change();
        } catch (error) {
          trace([String(error)]);
        }
      }
      res.end();
    }),
  ],
  [
    'flushHeaders',
    answer((_req, res, trace) => {
      res.set('X-One', '1');
      res.flushHeaders();
      trace(seen(res));
      res.end('a');
    }),
  ],
  [
    'flushHeaders, then json',
    answer((_req, res, trace) => {
      res.flushHeaders();
      try {
        res.json({});
      } catch (error) {
        trace([String(error)]);
        res.end();
      }
    }),
  ],
  [
    'writeEarlyHints',
    answer((_req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.json({ sent: res.headersSent });
    }),
  ],
  [
    'writeProcessing',
    answer((_req, res) => {
      res.writeProcessing();
      res.json({ sent: res.headersSent });
    }),
  ],
  [
    'writeContinue by hand',
    answer((_req, res) => {
      res.writeContinue();
      res.end('a');
    }),
  ],
  [
    'trailers',
    answer((_req, res) => {
      res.set('Trailer', 'X-End');
      res.write('a');
      res.addTrailers({ 'X-End': '1' });
      res.end();
    }),
    [send(text(get()))],
  ],
  [
    'cork and uncork',
    answer((_req, res) => {
      res.cork();
      res.write('a');
      res.write('b');
      res.uncork();
      res.end();
    }),
  ],
  [
    '_headers and _headerNames',
    answer((_req, res, trace) => {
      res.set('X-One', '1');
      trace([
        Reflect.get(res, '_headers') ?? null,
        Reflect.get(res, '_headerNames') ?? null,
        Reflect.get(res, '_header') ?? null,
      ]);
      res.end();
    }),
  ],
  [
    '_header after the end, as morgan asks',
    answer((_req, res, trace) => {
      res.set('Date', 'then');
      res.json({});
      trace([Reflect.get(res, '_header')]);
    }),
  ],
  [
    'own properties of a response',
    answer((_req, res, trace) => {
      trace(Object.keys(res).filter((key) => key !== 'locals'));
      res.end();
    }),
  ],
  [
    'own properties of a request',
    answer((req, res, trace) => {
      trace(Object.keys(req).toSorted());
      res.end();
    }),
  ],
]);
