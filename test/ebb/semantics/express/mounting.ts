/** Applications in applications, and the prototypes of requests and responses, which applications extend. */
import { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import { get } from '../call.js';
import { expressSubject } from '../row.js';

/** How far up an object stands in the chain of another; -1 where it does not. */
function stepsTo(from: object, ancestor: object): number {
  let steps = 0;
  for (let at: unknown = from; at !== null; at = Object.getPrototypeOf(at), steps += 1) {
    if (at === ancestor) {
      return steps;
    }
  }
  return -1;
}

function kinds(app: Express, req: Request, res: Response): object {
  return {
    request: [req instanceof IncomingMessage, req.constructor === IncomingMessage, req.constructor.name],
    response: [res instanceof ServerResponse, res.constructor === ServerResponse, res.constructor.name],
    own: [Object.getPrototypeOf(req) === app.request, Object.getPrototypeOf(res) === app.response],
    expresses: [stepsTo(req, express.request), stepsTo(res, express.response)].map((steps) => steps > 0),
    chain: [stepsTo(app.request, express.request), stepsTo(app.response, express.response)],
    apps: [req.app === app, res.app === app, Object.hasOwn(app.request, 'app'), Object.hasOwn(app.response, 'app')],
    each: [req.res === res, res.req === req],
    strings: [req, res].map((message) => Object.prototype.toString.call(message)),
    constructors: [Object.hasOwn(app.request, 'constructor'), Object.hasOwn(app.response, 'constructor')],
    // Not those of Node's own inside.
    keys: [app.request, app.response].map((prototype) => Object.keys(prototype).filter((key) => !key.startsWith('_'))),
    enumerated: enumerated(req).concat(enumerated(res)),
  };
}

/** What `for … in` finds of its own kind; deprecated getters of Node's among them. */
function enumerated(message: object): string[] {
  const names: string[] = [];
  for (const name in message) {
    names.push(name);
  }
  return names.toSorted();
}

export const who = (app: Express) => (req: Request, res: Response) =>
  void res.json([
    req.app === app,
    res.app === app,
    Object.getPrototypeOf(req) === app.request,
    Object.getPrototypeOf(res) === app.response,
    req.baseUrl,
    app.path(),
  ]);

export const mounting = expressSubject('mounted applications and prototypes', [
  ['what a request is', (app) => app.get('/', (req, res) => void res.json(kinds(app, req, res)))],
  ['what a request is before any route', (app) => app.use((req, res) => void res.json(kinds(app, req, res)))],
  [
    'in a mounted application',
    (app) => {
      const sub = express();
      sub.get('/', who(sub));
      app.use('/sub', sub);
    },
    get('/sub'),
  ],
  [
    'after a mounted application',
    (app) => {
      app.use('/sub', express());
      app.use(who(app));
    },
    get('/sub'),
  ],
  [
    'mounted twice',
    (app) => {
      const sub = express();
      const inner = express();
      inner.get('/', who(inner));
      sub.use('/b', inner);
      app.use('/a', sub);
    },
    get('/a/b'),
  ],
  [
    'after an error of a mounted application',
    (app) => {
      const sub = express();
      sub.use(() => {
        throw new Error('sub');
      });
      app.use('/sub', sub);
      const last: express.ErrorRequestHandler = (_error, req, res, _next) => who(app)(req, res);
      app.use(last);
    },
    get('/sub'),
  ],
  [
    'settings are inherited',
    (app) => {
      app.set('trust proxy', true);
      app.set('mine', 1);
      app.disable('x-powered-by');
      app.disable('etag');
      const sub = express();
      app.use(sub);
      sub.get(
        '/',
        (req, res) =>
          void res.json([
            req.ip,
            sub.get('mine'),
            sub.get('trust proxy fn') === app.get('trust proxy fn'),
            sub.disabled('etag'),
          ]),
      );
    },
    get('/', { 'X-Forwarded-For': '1.1.1.1' }),
  ],
  [
    'settings of its own',
    (app) => {
      const sub = express();
      sub.set('json spaces', 1);
      sub.disable('etag');
      app.use('/sub', sub);
      sub.get('/', (_req, res) => void res.json({ a: 1 }));
    },
    get('/sub'),
  ],
  [
    'settings of the outer after the inner',
    (app) => {
      const sub = express();
      sub.set('json spaces', 1);
      app.use('/sub', sub);
      app.use((_req, res) => void res.json({ a: 1 }));
    },
    get('/sub'),
  ],
  [
    'the mount event',
    (app, trace) => {
      const sub = express();
      sub.on('mount', (parent) => trace([parent === app, sub.mountpath]));
      app.use('/sub', sub);
      sub.use((_req, res) => void res.send(sub.path()));
    },
    get('/sub'),
  ],
]);
