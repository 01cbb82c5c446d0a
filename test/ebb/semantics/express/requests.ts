import { ask, get } from '../call.js';
import { answer, expressSubject } from '../row.js';

export const requests = expressSubject('what a request tells', [
  ['a query', answer((req, res) => res.json(req.query)), get('/?a=1&a=2&b[c]=3&d=%C3%BC&e')],
  [
    'query parser extended',
    (app) => {
      app.set('query parser', 'extended');
      app.get('/', (req, res) => void res.json(req.query));
    },
    get('/?b[c]=3&a[]=1'),
  ],
  [
    'query parser off',
    (app) => {
      app.disable('query parser');
      app.get('/', (req, res) => void res.json(req.query));
    },
    get('/?a=1'),
  ],
  [
    'query parser of one’s own',
    (app) => {
      app.set('query parser', (query: string) => ({ query }));
      app.get('/', (req, res) => void res.json(req.query));
    },
    get('/?a=1'),
  ],
  ['no query', answer((req, res) => res.json(req.query))],
  [
    'an absolute target',
    (app) => app.get('/a', (req, res) => void res.json([req.url, req.originalUrl, req.path, req.host])),
    get('http://other.test/a?b=1'),
  ],
  ['a target with //', (app) => app.use((req, res) => void res.json([req.url, req.path])), get('//a//b')],
  ['a target with a fragment', (app) => app.use((req, res) => void res.json([req.url, req.path])), get('/a#b')],
  [
    'req.is',
    (app) => app.use((req, res) => void res.json([req.is('json'), req.is('html'), req.is('application/*')])),
    { ...ask('POST', '/', { 'Content-Type': 'application/json' }), body: '{}' },
  ],
  [
    'req.is without a body',
    (app) => app.use((req, res) => void res.json([req.is('json')])),
    get('/', { 'Content-Type': 'application/json' }),
  ],
  [
    'req.accepts and its like',
    answer((req, res) =>
      res.json([
        req.accepts(['html', 'json']),
        req.acceptsCharsets('utf-8', 'latin1'),
        req.acceptsEncodings('gzip', 'br'),
        req.acceptsLanguages('de', 'en'),
      ]),
    ),
    get('/', {
      Accept: 'application/json',
      'Accept-Charset': 'latin1',
      'Accept-Encoding': 'br',
      'Accept-Language': 'en;q=0.9, de;q=0.1',
    }),
  ],
  ['req.range', answer((req, res) => res.json(req.range(100) ?? null)), get('/', { Range: 'bytes=0-9,20-29' })],
  [
    'req.get and its like',
    answer((req, res) =>
      res.json([req.get('X-One'), req.header('referrer'), req.headers, req.rawHeaders.length, req.headersDistinct]),
    ),
    get('/', { 'X-One': '1', Referer: 'r', 'x-one': '2', 'Set-Cookie': 'a' }),
  ],
  [
    'req.xhr and subdomains',
    answer((req, res) => res.json([req.xhr, req.subdomains, req.hostname])),
    get('/', { 'X-Requested-With': 'XMLHttpRequest' }),
  ],
  [
    'a URL that was rewritten',
    (app) => {
      app.use((req, _res, next) => {
        req.url = '/other';
        next();
      });
      app.get('/other', (req, res) => void res.json([req.url, req.originalUrl]));
    },
  ],
  [
    'a method that was rewritten',
    (app) => {
      app.use((req, _res, next) => {
        req.method = 'PUT';
        next();
      });
      app.put('/', (req, res) => void res.send(req.method));
    },
  ],
]);
