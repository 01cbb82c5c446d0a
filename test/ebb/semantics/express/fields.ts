import { get } from '../call.js';
import { answer, expressSubject } from '../row.js';

export const fields = expressSubject('res.set, cookies, redirects and the like', [
  [
    'set',
    answer((_req, res) =>
      res
        .set('X-One', '1')
        .set({ 'x-two': '2', 'X-Three': ['a', 'b'] })
        .end(),
    ),
  ],
  ['set of a type adds a charset', answer((_req, res) => res.set('Content-Type', 'text/html').end('a'))],
  ['header, then get in another case', answer((_req, res) => res.header('X-One', '1').send(res.get('x-ONE')))],
  ['append', answer((_req, res) => res.append('X-One', '1').append('x-one', ['2', '3']).end())],
  ['append of cookies', answer((_req, res) => res.append('Set-Cookie', 'a=1').append('Set-Cookie', 'b=2').end())],
  ['a field that is not allowed', answer((_req, res) => res.set('X-One', 'a\r\nb').end()), get(), 500],
  ['a name that is not allowed', answer((_req, res) => res.set('X One', 'a').end()), get(), 500],
  ['latin1 in a field', answer((_req, res) => res.set('X-One', 'ü').end())],
  ['cookie', answer((_req, res) => res.cookie('a', 'b c').end())],
  ['cookie of an object', answer((_req, res) => res.cookie('a', { b: 1 }).end())],
  [
    'cookie with options',
    answer((_req, res) =>
      res
        .cookie('a', 'b', {
          httpOnly: true,
          secure: true,
          sameSite: 'strict',
          path: '/x',
          domain: 'a.test',
          maxAge: 60_000,
        })
        .end(),
    ),
  ],
  ['cookie that expires', answer((_req, res) => res.cookie('a', 'b', { expires: new Date(0) }).end())],
  [
    'cookie that is signed, without a secret',
    answer((_req, res) => res.cookie('a', 'b', { signed: true }).end()),
    get(),
    500,
  ],
  ['cookies, two', answer((_req, res) => res.cookie('a', '1').cookie('b', '2').json({}))],
  ['clearCookie', answer((_req, res) => res.clearCookie('a', { path: '/x' }).end())],
  ['redirect', answer((_req, res) => res.redirect('/other')), get('/', { Accept: 'text/html' }), 302],
  ['redirect as text', answer((_req, res) => res.redirect(301, '/ü?a=<b>')), get('/', { Accept: 'text/plain' }), 301],
  [
    'redirect as neither',
    answer((_req, res) => res.redirect(307, 'https://a.test/')),
    get('/', { Accept: 'image/png' }),
    307,
  ],
  [
    'redirect back by location',
    answer((req, res) =>
      res
        .location(req.get('Referrer') ?? '/')
        .status(303)
        .end(),
    ),
    get('/', { Referer: '/before' }),
    303,
  ],
  ['location', answer((_req, res) => res.location('/a b|c').end())],
  ['links', answer((_req, res) => res.links({ next: '/2', last: '/9' }).links({ first: '/1' }).end())],
  ['vary', answer((_req, res) => res.vary('Accept').vary('Origin, accept').end())],
  ['vary *', answer((_req, res) => res.vary('Accept').vary('*').end())],
  ['attachment', answer((_req, res) => res.attachment().end())],
  ['attachment with a name', answer((_req, res) => res.attachment('ü "q".pdf').end('a'))],
  ['type of a name', answer((_req, res) => res.type('file.png').end())],
  ['type that nobody knows', answer((_req, res) => res.type('wonderful').end())],
  ['contentType and charset', answer((_req, res) => res.contentType('text/css').send('a'))],
  [
    'format, html',
    answer((_req, res) =>
      res.format({
        text: () => void res.send('t'),
        html: () => void res.send('<p>'),
        json: () => void res.json({ a: 1 }),
      }),
    ),
    get('/', { Accept: 'text/html' }),
  ],
  [
    'format, json',
    answer((_req, res) => res.format({ text: () => void res.send('t'), json: () => void res.json({ a: 1 }) })),
    get('/', { Accept: 'application/json;q=0.9, text/plain;q=0.5' }),
  ],
  [
    'format, no accept',
    answer((_req, res) => res.format({ text: () => void res.send('t'), json: () => void res.json({ a: 1 }) })),
  ],
  [
    'format, 406',
    answer((_req, res) => res.format({ text: () => void res.send('t') })),
    get('/', { Accept: 'image/png' }),
    406,
  ],
  [
    'format, default',
    answer((_req, res) => res.format({ json: () => void res.json({}), default: () => void res.send('d') })),
    get('/', { Accept: 'image/png' }),
  ],
  ['x-powered-by off', (app) => app.disable('x-powered-by').get('/', (_req, res) => void res.end())],
  ['x-powered-by overwritten', answer((_req, res) => res.set('X-Powered-By', 'steam').end())],
  [
    'x-powered-by removed',
    answer((_req, res) => res.removeHeader('x-powered-by')),
    [{ send: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' }, { leave: 'end' }],
    'no answer',
  ],
  [
    'locals',
    (app) =>
      app
        .use((_req, res, next) => {
          res.locals['a'] = 1;
          next();
        })
        .get('/', (_req, res) => void res.json(res.locals)),
  ],
  [
    'app.locals',
    (app) => {
      app.locals['b'] = 2;
      app.get('/', (_req, res) => void res.json({ names: Object.keys(res.app.locals) }));
    },
  ],
]);
