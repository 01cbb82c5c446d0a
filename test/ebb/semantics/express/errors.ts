import type { ErrorRequestHandler } from 'express';
import { ask, get } from '../call.js';
import { answer, expressSubject } from '../row.js';

const inJson: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, _next) => {
  res.status(error.status ?? 418).json({ message: error.message });
};

const throwsAgain: ErrorRequestHandler = (_error, _req, _res, _next) => {
  throw failure({ status: 502 });
};

const passesOn: ErrorRequestHandler = (error, _req, _res, next) => next(error);

function failure(fields: object = {}): Error {
  return Object.assign(new Error('failed'), fields);
}

function fail(error: unknown): never {
  throw error;
}

export const errors = expressSubject('errors', [
  ['nobody answers', () => undefined, get('/nope?a=<b>'), 404],
  ['nobody answers HEAD', () => undefined, ask('HEAD'), 404],
  ['nobody answers POST', (app) => app.get('/', (_req, res) => void res.end()), ask('POST'), 404],
  ['thrown', answer(() => fail(failure())), get(), 500],
  ['thrown with a status', answer(() => fail(failure({ status: 403 }))), get(), 403],
  ['thrown with a status code', answer(() => fail(failure({ statusCode: 422 }))), get(), 422],
  ['thrown with a status that is none', answer(() => fail(failure({ status: 200 }))), get(), 500],
  [
    'thrown with headers',
    answer(() => fail(failure({ status: 401, headers: { 'WWW-Authenticate': 'Basic' } }))),
    get(),
    401,
  ],
  [
    'thrown after a status was set',
    answer((_req, res) => {
      res.status(503).set('X-One', '1');
      throw failure();
    }),
    get(),
    503,
  ],
  ['thrown string', answer(() => fail('text')), get(), 500],
  [
    'thrown null',
    (app) =>
      app.get('/', () => {
        throw null;
      }),
    get(),
    404,
  ],
  [
    'rejected',
    (app) =>
      app.get('/', async () => {
        await Promise.resolve();
        throw failure();
      }),
    get(),
    500,
  ],
  ['rejected with nothing', (app) => app.get('/', () => Promise.reject()), get(), 500],
  ['next(error)', (app) => app.get('/', (_req, _res, next) => next(failure())), get(), 500],
  [
    'next("route")',
    (app) => {
      app.get(
        '/',
        (_req, _res, next) => next('route'),
        (_req, res) => void res.send('no'),
      );
      app.get('/', (_req, res) => void res.send('yes'));
    },
  ],
  [
    'next("router")',
    (app) => {
      app.get('/', (_req, _res, next) => next('router'));
      app.get('/', (_req, res) => void res.send('no'));
    },
    get(),
    404,
  ],
  [
    'a handler of errors',
    (app) => {
      app.get('/', () => fail(failure()));
      app.use(inJson);
    },
    get(),
    418,
  ],
  [
    'a handler of errors, async',
    (app) => {
      app.get('/', async () => {
        await Promise.resolve();
        throw failure({ status: 409 });
      });
      app.use(inJson);
    },
    get(),
    409,
  ],
  [
    'a handler of errors that throws',
    (app) => {
      app.get('/', () => fail(failure()));
      app.use(throwsAgain);
    },
    get(),
    502,
  ],
  [
    'a handler of errors that passes on',
    (app) => {
      app.get('/', () => fail(failure({ status: 410 })));
      app.use(passesOn);
    },
    get(),
    410,
  ],
  [
    'in a middleware',
    (app) => {
      app.use(() => {
        throw failure();
      });
      app.use(inJson);
    },
    get(),
    418,
  ],
  [
    'a path that cannot be decoded',
    (app) => app.get('/:id', (req, res) => void res.send(req.params.id)),
    get('/%E0%A4%A'),
    400,
  ],
]);
