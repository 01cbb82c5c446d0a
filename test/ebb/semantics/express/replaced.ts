/** Methods of a response that somebody has replaced, as compression, sessions and loggers do. */
import { createRequire } from 'node:module';
import compression from 'compression';
import cookieSession from 'cookie-session';
import type { Express, NextFunction, Request, Response } from 'express';
import { ask, get } from '../call.js';
import { expressSubject, type Trace } from '../row.js';

const require = createRequire(import.meta.url);
const onHeaders = require('on-headers') as (res: Response, listener: (this: Response) => void) => void;
const onFinished = require('on-finished') as (message: object, listener: () => void) => void;

const METHODS = [
  'json',
  'send',
  'end',
  'write',
  'writeHead',
  'setHeader',
  'status',
  'set',
  'getHeader',
  'removeHeader',
  'flushHeaders',
] as const;

/** Notes every call of a method, and makes it. */
function watch(res: Response, name: string, trace: Trace): void {
  const method = Reflect.get(res, name) as (...args: unknown[]) => unknown;
  Reflect.set(res, name, (...args: unknown[]) => {
    trace([
      name,
      args.map((argument) =>
        Buffer.isBuffer(argument)
          ? `buffer ${argument.toString()}`
          : typeof argument === 'function'
            ? 'function'
            : argument,
      ),
    ]);
    return Reflect.apply(method, res, args);
  });
}

type Before = (req: Request, res: Response, trace: Trace) => unknown;

/** A middleware in front of three answers. */
const behind = (before: Before) => (app: Express, trace: Trace) => {
  app.use((req: Request, res: Response, next: NextFunction) => {
    before(req, res, trace);
    next();
  });
  answers(app);
};

function answers(app: Express): void {
  app.get('/', (_req, res) => void res.json({ a: 1 }));
  app.get('/text', (_req, res) => void res.send('text'));
  app.get('/long', (_req, res) => void res.json({ long: 'x'.repeat(3_000) }));
  app.get('/parts', (_req, res) => {
    res.write('a');
    res.end('b');
  });
}

const watchingAll = behind((_req, res, trace) => METHODS.forEach((name) => watch(res, name, trace)));
const compressing = (app: Express) => {
  app.use(compression());
  answers(app);
};
const GZIP = { 'Accept-Encoding': 'gzip' };

export const replaced = expressSubject('methods that are replaced', [
  ...METHODS.map((name) => [`res.${name}`, behind((_req, res, trace) => watch(res, name, trace))] as const),
  ['all of them', watchingAll],
  ['all of them, text', watchingAll, get('/text')],
  ['all of them, parts', watchingAll, get('/parts')],
  ['all of them, HEAD', watchingAll, ask('HEAD')],
  [
    'res.json that wraps the body',
    behind((_req, res) => {
      const json = res.json.bind(res);
      res.json = (body: unknown) => json({ data: body });
    }),
  ],
  [
    'res.send that changes the body',
    behind((_req, res) => {
      const send = res.send.bind(res);
      res.send = (body: unknown) => send(typeof body === 'string' ? `${body} ` : body);
    }),
  ],
  [
    'res.end that waits, as sessions do',
    behind((_req, res) => {
      const end = res.end.bind(res);
      res.end = ((...args: unknown[]) => {
        setImmediate(() => {
          Reflect.apply(end, undefined, args);
        });
        return res;
      }) as typeof res.end;
    }),
  ],
  [
    'res.writeHead that sets a field, as response-time does',
    behind((_req, res) =>
      onHeaders(res, function add() {
        this.setHeader('X-Time', '1');
      }),
    ),
  ],
  [
    'on-headers that removes a field',
    behind((_req, res) =>
      onHeaders(res, function remove() {
        this.removeHeader('X-Powered-By');
        this.removeHeader('Content-Type');
      }),
    ),
  ],
  [
    'on-headers that changes the status',
    behind((_req, res) =>
      onHeaders(res, function change() {
        this.statusCode = 202;
      }),
    ),
    get(),
    202,
  ],
  [
    'on-finished',
    behind((req, res, trace) => {
      onFinished(res, () => trace(['res', res.statusCode, res.getHeader('content-length'), res.getHeaders()]));
      onFinished(req, () => trace('req'));
    }),
  ],
  [
    'a logger at finish',
    behind((req, res, trace) =>
      res.on('finish', () => trace([req.method, req.url, res.statusCode, res.get('Content-Length'), res.headersSent])),
    ),
  ],
  ['compression, short', compressing, get('/', GZIP)],
  ['compression, long', compressing, get('/long', GZIP)],
  ['compression, not asked for', compressing, get('/long')],
  ['compression, parts', compressing, get('/parts', GZIP)],
  ['compression, HEAD', compressing, ask('HEAD', '/long', GZIP)],
  [
    'a session',
    (app) => {
      app.use(cookieSession({ secret: 'a', name: 's' }));
      app.get('/', (req, res) => {
        Reflect.set(req.session ?? {}, 'count', 1);
        res.json({ a: 1 });
      });
    },
  ],
  [
    'a session that is ended',
    (app) => {
      app.use(cookieSession({ secret: 'a', name: 's' }));
      app.get('/', (req, res) => {
        req.session = null;
        res.json({ a: 1 });
      });
    },
  ],
]);
