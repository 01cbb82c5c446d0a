import { readFile } from 'node:fs';
import { resolve } from 'node:path';
import type { Express } from 'express';
import { get } from '../call.js';
import { expressSubject } from '../row.js';

/** An engine that puts in what stands in braces. */
function withEngine(app: Express): Express {
  app.engine('tiny', (path, options, done) => {
    readFile(path, 'utf8', (error, page) =>
      error === null
        ? done(
            null,
            page.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(Reflect.get(options, name))),
          )
        : done(error),
    );
  });
  app.set('views', resolve('test/ebb/semantics/files'));
  return app.set('view engine', 'tiny');
}

export const rendering = expressSubject('res.render', [
  ['a page', (app) => withEngine(app).get('/', (_req, res) => res.render('page', { name: 'Ada', place: 'here' }))],
  [
    'with locals',
    (app) => {
      app.locals['place'] = 'there';
      withEngine(app).get('/', (_req, res) => {
        res.locals['name'] = 'Bob';
        res.render('page.tiny');
      });
    },
  ],
  [
    'with a callback',
    (app) =>
      withEngine(app).get('/', (_req, res) =>
        res.render('page', { name: 'Ada' }, (_error, page) => void res.type('txt').send(page)),
      ),
  ],
  [
    'with a status and a type',
    (app) => withEngine(app).get('/', (_req, res) => res.status(404).type('xml').render('page')),
    get(),
    404,
  ],
  ['a page that there is not', (app) => withEngine(app).get('/', (_req, res) => res.render('nope')), get(), 500],
  ['without an engine', (app) => app.get('/', (_req, res) => res.render('page')), get(), 500],
  [
    'app.render',
    (app) =>
      withEngine(app).get('/', (_req, res) =>
        app.render('page', { name: 'Eve' }, (_error, page) => void res.send(page)),
      ),
  ],
]);
