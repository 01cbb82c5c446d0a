import express from 'express';
import { ask, get } from '../call.js';
import { expressSubject } from '../row.js';

const CAFE = get('/CAFE/');

export const routing = expressSubject('routers, params and queries', [
  ['params', (app) => app.get('/a/:b/c/:d', (req, res) => void res.json(req.params)), get('/a/x%20y/c/%C3%BC')],
  ['an optional part', (app) => app.get('/a{/:b}', (req, res) => void res.json(req.params)), get('/a')],
  ['a wildcard', (app) => app.get('/*rest', (req, res) => void res.json(req.params)), get('/a/b/c')],
  [
    'a regular expression',
    (app) => app.get(/^\/(?<word>[a-z]+)(\d+)$/, (req, res) => void res.json(req.params)),
    get('/ab12'),
  ],
  [
    'app.param',
    (app, trace) => {
      app.param('id', (_req, _res, next, id) => {
        trace(id);
        next();
      });
      app.get('/:id', (req, res) => void res.json(req.params));
    },
    get('/7'),
  ],
  [
    'a router',
    (app) => {
      const router = express.Router();
      router.get(
        '/:b',
        (req, res) => void res.json({ params: req.params, base: req.baseUrl, url: req.url, original: req.originalUrl }),
      );
      app.use('/x/:a', router);
    },
    get('/x/1/2?q=3'),
  ],
  [
    'a router with mergeParams',
    (app) => {
      const router = express.Router({ mergeParams: true });
      router.get('/:b', (req, res) => void res.json(req.params));
      app.use('/x/:a', router);
    },
    get('/x/1/2'),
  ],
  [
    'a router that cares for case',
    (app) => {
      const router = express.Router({ caseSensitive: true });
      router.get('/cafe', (_req, res) => void res.send('a'));
      app.use(router);
    },
    CAFE,
    404,
  ],
  [
    'a router that does not',
    (app) => {
      const router = express.Router();
      router.get('/cafe', (_req, res) => void res.send('a'));
      app.use(router);
    },
    CAFE,
  ],
  [
    'a strict router',
    (app) => {
      const router = express.Router({ strict: true });
      router.get('/cafe', (_req, res) => void res.send('a'));
      app.use(router);
    },
    CAFE,
    404,
  ],
  [
    'case sensitive routing of a mounted application',
    (app) => {
      const sub = express();
      sub.enable('case sensitive routing');
      sub.get('/cafe', (_req, res) => void res.send('a'));
      app.use(sub);
    },
    CAFE,
    404,
  ],
  [
    'case sensitive routing, set late',
    (app) => {
      app.enable('case sensitive routing');
      app.get('/cafe', (_req, res) => void res.send('a'));
    },
    CAFE,
  ],
  [
    'app.route',
    (app) =>
      app
        .route('/a')
        .all((_req, res, next) => {
          res.set('X-All', '1');
          next();
        })
        .get((_req, res) => void res.send('get'))
        .put((_req, res) => void res.send('put')),
    ask('PUT', '/a'),
  ],
  ['app.all', (app) => app.all('/', (req, res) => void res.send(req.method)), ask('PROPFIND')],
  ['QUERY', (app) => app.all('/', (req, res) => void res.send(req.method)), ask('QUERY')],
  [
    'a middleware with a path',
    (app) => app.use('/a', (req, res) => void res.json([req.baseUrl, req.url, req.path])),
    get('/a/b?c=1'),
  ],
]);
