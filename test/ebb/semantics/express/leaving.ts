/** Clients that go away: before the answer, in it, and in their own request. */
import { finished } from 'node:stream';
import type { Request, Response } from 'express';
import { get, leave, mark, received, send, type Step, text, traced } from '../call.js';
import { answer, expressSubject, type Trace } from '../row.js';

const UNFINISHED = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf';

function listen(req: Request, res: Response, trace: Trace): void {
  for (const name of ['end', 'close', 'aborted', 'error']) {
    req.on(name, (error?: Error) => trace([`req ${name}`, String(error)]));
  }
  for (const name of ['finish', 'close', 'error']) {
    res.on(name, (error?: Error) => trace([`res ${name}`, String(error)]));
  }
  finished(req, (error) => trace(['req finished', String(error)]));
  finished(res, (error) => trace(['res finished', String(error)]));
  res.on('close', () =>
    trace([req.destroyed, req.complete, res.writableEnded, res.writableFinished, res.destroyed, res.closed]),
  );
}

const gone = (...steps: readonly Step[]): readonly Step[] => [send(text(get(), 'keep-alive')), ...steps, leave()];

export const leaving = expressSubject('clients that go away', [
  [
    'before the answer',
    answer((req, res, trace) => {
      listen(req, res, trace);
      trace('came');
    }),
    gone(traced('came')),
    'no answer',
  ],
  [
    'before the answer, which is written then',
    answer((req, res, trace) => {
      listen(req, res, trace);
      trace('came');
      req.on('close', () => {
        trace(res.write('a'));
        res.end('b');
      });
    }),
    gone(traced('came')),
    'no answer',
  ],
  [
    'before the answer, which is json then',
    answer((_req, res, trace) => {
      res.on('close', () => {
        res.json({ a: 1 });
        trace([res.headersSent, res.writableEnded]);
      });
      trace('came');
    }),
    gone(traced('came')),
    'no answer',
  ],
  [
    'in the answer',
    answer((req, res, trace) => {
      listen(req, res, trace);
      res.write('half');
    }),
    gone(received('half')),
  ],
  [
    'in the answer, resumed',
    answer((req, res, trace) => {
      req.resume();
      listen(req, res, trace);
      res.write('half');
    }),
    gone(received('half')),
  ],
  [
    'after the answer',
    answer((req, res, trace) => {
      listen(req, res, trace);
      res.json({ a: 1 });
    }),
    gone(received('{"a":1}'), mark('-- answered')),
  ],
  [
    'after the answer, with nobody who listens before',
    answer((req, res, trace) => {
      res.json({ a: 1 });
      req.socket.once('close', () => trace(['socket', req.destroyed, req.readableAborted, req.closed]));
    }),
    gone(received('{"a":1}'), mark('-- answered')),
  ],
  [
    'between two answers',
    answer((req, res, trace) => {
      listen(req, res, trace);
      res.json({ a: 1 });
    }),
    gone(received('{"a":1}'), mark('-- first'), send(text(get(), 'keep-alive')), mark('-- second')),
  ],
  [
    'with two in flight',
    answer((req, res, trace) => {
      listen(req, res, trace);
      trace('came');
    }),
    gone(send(text(get(), 'keep-alive')), traced('came'), mark('-- both')),
    'no answer',
  ],
  [
    'in the request, which is read',
    (app, trace) =>
      app.post('/', (req, res) => {
        listen(req, res, trace);
        req.resume();
        trace('came');
      }),
    [send(UNFINISHED), traced('came'), leave()],
    'no answer',
  ],
  [
    'in the request, which nobody reads',
    (app, trace) =>
      app.post('/', (req, res) => {
        listen(req, res, trace);
        trace('came');
      }),
    [send(UNFINISHED), traced('came'), leave()],
    'no answer',
  ],
  [
    'in the request, after the answer',
    (app, trace) =>
      app.post('/', (req, res) => {
        listen(req, res, trace);
        res.json({ a: 1 });
      }),
    [send(UNFINISHED), received('{"a":1}'), mark('-- answered'), leave()],
  ],
  [
    'in the request, with nobody who listens',
    (app, trace) => app.post('/', () => trace('came')),
    [send(UNFINISHED), traced('came'), leave()],
    'no answer',
  ],
]);
