import { get, send } from '../call.js';
import { answer, expressSubject } from '../row.js';

export const breakingOff = expressSubject('answers that break off', [
  [
    'thrown after the header',
    answer((_req, res) => {
      res.write('half');
      throw new Error('failed');
    }),
  ],
  [
    'thrown after the end',
    answer((_req, res, trace) => {
      res.on('close', () => trace('close'));
      res.send('whole');
      throw new Error('failed');
    }),
  ],
  [
    'next twice',
    (app) => {
      app.use((_req, _res, next) => {
        next();
        next();
      });
      app.get('/', (_req, res) => void res.send('a'));
    },
  ],
  [
    'res.destroy',
    answer((_req, res) => {
      res.destroy();
    }),
    get(),
    'no answer',
  ],
  [
    'res.destroy half-way',
    answer((_req, res) => {
      res.write('half', () => res.destroy());
    }),
  ],
  [
    'req.destroy',
    answer((req) => {
      req.destroy();
    }),
    get(),
    'no answer',
  ],
  [
    'socket.end',
    answer((req) => {
      req.socket.end('HTTP/1.1 200 OK\r\n\r\nby hand');
    }),
    [send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ],
  [
    'a write after the end',
    answer((_req, res, trace) => {
      res.on('error', (error) => trace(String(error)));
      res.end('a');
      res.write('b');
    }),
  ],
]);
