import { get, leave, received, send, text } from '../call.js';
/** Whatever reads or changes the header, by Node's methods, in the order in which a response lives. */
import type { Response } from 'express';
import { answer, expressSubject } from '../row.js';

/** All that can be asked of a header. */
export function seen(res: Response): object {
  return {
    sent: res.headersSent,
    names: res.getHeaderNames(),
    raw: (Reflect.get(res, 'getRawHeaderNames') as () => string[]).call(res),
    all: res.getHeaders(),
    has: res.hasHeader('X-POWERED-BY'),
    one: res.getHeader('x-powered-by'),
    status: res.statusCode,
    message: res.statusMessage,
  };
}

export const headerAccess = expressSubject('reading and changing the header', [
  ['before anything', answer((_req, res) => res.send(seen(res)))],
  [
    'before and after json',
    answer((_req, res, trace) => {
      trace(seen(res));
      res.json({ a: 1 });
      trace(seen(res));
    }),
  ],
  [
    'before and after end',
    answer((_req, res, trace) => {
      trace(seen(res));
      res.end('a');
      trace(seen(res));
    }),
  ],
  [
    'at finish',
    answer((_req, res, trace) => {
      res.on('finish', () => trace(seen(res)));
      res.json({ a: 1 });
    }),
  ],
  [
    'at close',
    answer((_req, res, trace) => {
      res.on('close', () => trace(seen(res)));
      res.json({ a: 1 });
    }),
  ],
  [
    'in the order of setting, after a removal',
    answer((_req, res) => {
      res.setHeader('B', '1');
      res.setHeader('A', '2');
      res.removeHeader('b');
      res.setHeader('B', '3');
      res.end();
    }),
  ],
  [
    'the same name in another case',
    answer((_req, res) => {
      res.setHeader('x-one', '1');
      res.setHeader('X-ONE', '2');
      res.json({ raw: res.getHeaderNames() });
    }),
  ],
  [
    'appendHeader',
    answer((_req, res) => {
      res.appendHeader('X-One', '1');
      res.appendHeader('x-one', '2');
      res.appendHeader('X-Powered-By', 'me');
      res.end();
    }),
  ],
  [
    'setHeaders with a Map',
    answer((_req, res) =>
      res
        .setHeaders(
          new Map([
            ['x-powered-by', 'map'],
            ['B', '2'],
          ]),
        )
        .end(),
    ),
  ],
  [
    'setHeaders with Headers',
    answer((_req, res) => res.setHeaders(new Headers({ 'X-B': '2', 'set-cookie': 'a=1' })).end()),
  ],
  [
    'removal of all',
    answer((_req, res) => {
      res.getHeaderNames().forEach((name) => res.removeHeader(name));
      res.end('a');
    }),
  ],
  [
    'removal of what is Node’s',
    answer((_req, res) => {
      ['Date', 'Connection', 'Content-Length', 'Transfer-Encoding'].forEach((name) => res.removeHeader(name));
      res.end('a');
    }),
  ],
  [
    'sendDate off',
    answer((_req, res) => {
      res.sendDate = false;
      res.json({});
    }),
  ],
  ['an own Date', answer((_req, res) => res.set('Date', 'yesterday').json({}))],
  ['Connection: close', answer((_req, res) => res.set('Connection', 'close').json({}))],
  [
    'Connection: keep-alive',
    answer((_req, res) => res.set('Connection', 'keep-alive').json({})),
    [send(text(get())), received('{}'), leave('end')],
  ],
  [
    'shouldKeepAlive off',
    answer((_req, res) => {
      res.shouldKeepAlive = false;
      res.json({});
    }),
  ],
]);
