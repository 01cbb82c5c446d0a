import { answer, expressSubject } from '../row.js';
import { ask, get } from '../call.js';

export const json = expressSubject('res.json and res.jsonp', [
  ['an object', answer((_req, res) => res.json({ a: 1, b: 'ü€😀' }))],
  ['an array', answer((_req, res) => res.json([1, null, { a: [] }]))],
  ['a string', answer((_req, res) => res.json('text'))],
  ['a number', answer((_req, res) => res.json(0))],
  ['null', answer((_req, res) => res.json(null))],
  ['undefined', answer((_req, res) => res.json())],
  ['a boolean', answer((_req, res) => res.json(false))],
  ['a Date', answer((_req, res) => res.json(new Date(0)))],
  ['a Buffer', answer((_req, res) => res.json(Buffer.from('ab')))],
  ['a Map', answer((_req, res) => res.json(new Map([[1, 2]])))],
  ['an object without a prototype', answer((_req, res) => res.json(Object.assign(Object.create(null), { a: 1 })))],
  ['toJSON', answer((_req, res) => res.json({ toJSON: () => ({ b: 2 }) }))],
  ['toJSON that returns undefined', answer((_req, res) => res.json({ toJSON: () => undefined }))],
  ['a bigint', answer((_req, res) => res.json({ a: 1n })), get(), 500],
  [
    'a circle',
    (app) =>
      app.get('/', (_req, res) => {
        const circle = { self: {} };
        circle.self = circle;
        res.json(circle);
      }),
    get(),
    500,
  ],
  ['a status', answer((_req, res) => res.status(201).json({ a: 1 })), get(), 201],
  ['204', answer((_req, res) => res.status(204).json({ a: 1 })), get(), 204],
  ['205', answer((_req, res) => res.status(205).json({ a: 1 })), get(), 205],
  ['304', answer((_req, res) => res.status(304).json({ a: 1 })), get(), 304],
  ['a content type', answer((_req, res) => res.type('application/vnd.api+json').json({ a: 1 }))],
  ['a content type set as a header', answer((_req, res) => res.setHeader('content-type', 'text/x').json({ a: 1 }))],
  ['a content length that is wrong', answer((_req, res) => res.set('Content-Length', '2').json({ a: 1 }))],
  [
    'json spaces',
    (app) => {
      app.set('json spaces', 2);
      app.get('/', (_req, res) => res.json({ a: { b: 1 } }));
    },
  ],
  [
    'json replacer',
    (app) => {
      app.set('json replacer', (key: string, value: unknown) => (key === 'b' ? undefined : value));
      app.get('/', (_req, res) => res.json({ a: 1, b: 2 }));
    },
  ],
  [
    'json escape',
    (app) => {
      app.enable('json escape');
      app.get('/', (_req, res) => res.json({ a: '<script>&' }));
    },
  ],
  ['HEAD', answer((_req, res) => res.json({ a: 1 })), ask('HEAD')],
  ['jsonp with a callback', answer((_req, res) => res.jsonp({ a: '\u2028' })), get('/?callback=call')],
  ['jsonp with a callback that is no name', answer((_req, res) => res.jsonp({ a: 1 })), get('/?callback=a(1);b')],
  ['jsonp without a callback', answer((_req, res) => res.jsonp({ a: 1 }))],
  [
    'jsonp callback name',
    (app) => {
      app.set('jsonp callback name', 'cb');
      app.get('/', (_req, res) => res.jsonp({ a: 1 }));
    },
    get('/?cb=call'),
  ],
]);
