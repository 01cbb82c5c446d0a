/** All ways to listen to a request and its response. */
import { EventEmitter } from 'node:events';
import { finished } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { finished as finishedLater } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Trace } from '../row.js';

const OF_REQUEST = ['end', 'close', 'data', 'readable', 'aborted', 'error', 'pause', 'resume'];
const OF_RESPONSE = ['finish', 'close', 'prefinish', 'error', 'pipe', 'drain'];

function listen(emitter: EventEmitter, whose: string, names: readonly string[], trace: Trace): void {
  names.forEach((name) => emitter.on(name, () => trace(`${whose} ${name}`)));
}

function state(req: Request): object {
  const { complete, destroyed, readableEnded, readableFlowing, readableAborted, closed, readableDidRead, errored } =
    req;
  return { complete, destroyed, readableEnded, readableFlowing, readableAborted, closed, readableDidRead, errored };
}

type Handle = (req: Request, res: Response, trace: Trace) => unknown;

/** Each answers, and notes what it hears. */
export const WAYS: Readonly<Record<string, Handle>> = {
  'nobody listens': (_req, res) => res.json({ a: 1 }),
  'all but data and readable': (req, res, trace) => {
    listen(
      req,
      'req',
      OF_REQUEST.filter((name) => name !== 'data' && name !== 'readable'),
      trace,
    );
    listen(res, 'res', OF_RESPONSE, trace);
    res.json({ a: 1 });
  },
  ...Object.fromEntries(
    OF_REQUEST.map((name): [string, Handle] => [
      `${name} alone`,
      (req, res, trace) => {
        listen(req, 'req', [name], trace);
        res.json({ a: 1 });
      },
    ]),
  ),
  'once end': (req, res, trace) => {
    req.once('end', () => {
      trace('end');
      res.json({ a: 1 });
    });
    req.resume();
  },
  'data, then end, then the answer': (req, res, trace) => {
    listen(req, 'req', ['data', 'close'], trace);
    req.on('end', () => res.json({ a: 1 }));
  },
  'close after the answer': (req, res, trace) => {
    res.json({ a: 1 });
    listen(req, 'req', ['close', 'end'], trace);
  },
  'close at finish': (req, res, trace) => {
    res.on('finish', () => listen(req, 'req', ['close', 'end'], trace));
    res.json({ a: 1 });
  },
  'close at the close of the response': (req, res, trace) => {
    res.on('close', () => {
      trace('res close');
      listen(req, 'req', ['close', 'end'], trace);
    });
    res.json({ a: 1 });
  },
  'close a turn after the answer': async (req, res, trace) => {
    res.json({ a: 1 });
    await turn();
    listen(req, 'req', ['close', 'end'], trace);
    trace(state(req));
  },
  'close, with an answer a turn later': async (req, res, trace) => {
    listen(req, 'req', ['close', 'end'], trace);
    await turn();
    trace('answer');
    res.json({ a: 1 });
  },
  'end, resumed a turn after the answer': async (req, res, trace) => {
    res.json({ a: 1 });
    await turn();
    listen(req, 'req', ['end'], trace);
    req.resume();
  },
  'its state at all times': (req, res, trace) => {
    trace(state(req));
    for (const event of ['finish', 'close']) {
      res.on(event, () => trace(state(req)));
    }
    res.json({ a: 1 });
    setImmediate(() => trace(state(req)));
  },
  'stream.finished of both': (req, res, trace) => {
    finished(req, (error) => trace(['req', String(error)]));
    finished(res, (error) => trace(['res', String(error)]));
    res.json({ a: 1 });
  },
  'stream.finished after the answer': async (req, res, trace) => {
    res.json({ a: 1 });
    await turn();
    finished(req, (error) => trace(['req', String(error)]));
    finished(res, (error) => trace(['res', String(error)]));
  },
  'a promise of finished': async (req, res, trace) => {
    res.json({ a: 1 });
    await finishedLater(req).then(
      () => trace('req'),
      (error: unknown) => trace(String(error)),
    );
  },
  'for await': async (req, res, trace) => {
    for await (const part of req) {
      trace(String(part));
    }
    trace(state(req));
    res.json({ a: 1 });
  },
  'for await after the answer': async (req, res, trace) => {
    res.json({ a: 1 });
    for await (const part of req) {
      trace(String(part));
    }
    trace('over');
  },
  'the text of it': async (req, res, trace) => {
    trace(await textOf(req));
    res.json({ a: 1 });
  },
  'read()': (req, res, trace) => {
    trace([String(req.read()), req.readableLength]);
    req.on('readable', () => trace(['readable', String(req.read())]));
    req.on('end', () => res.json({ a: 1 }));
  },
  'resume and pause': (req, res, trace) => {
    listen(req, 'req', OF_REQUEST.slice(0, 2), trace);
    req.pause();
    setImmediate(() => {
      trace([req.isPaused()]);
      req.resume();
      res.json({ a: 1 });
    });
  },
  'destroy after the answer': (req, res, trace) => {
    listen(req, 'req', ['close', 'error', 'aborted'], trace);
    res.json({ a: 1 });
    res.on('finish', () => {
      req.destroy();
      trace(state(req));
    });
  },
  'the signal of it': (req, res, trace) => {
    const signal = Reflect.get(req, 'signal') as AbortSignal | undefined;
    signal?.addEventListener('abort', () => trace('abort'));
    res.on('close', () => trace([signal?.aborted ?? 'no signal']));
    res.json({ a: 1 });
  },
  'the socket’s close': (req, res, trace) => {
    req.socket.once('close', () => trace(['socket close', state(req)]));
    res.json({ a: 1 });
  },
  'listeners counted': (req, res, trace) => {
    trace([
      OF_REQUEST.map((name) => req.listenerCount(name)),
      OF_RESPONSE.map((name) => res.listenerCount(name)),
      req.eventNames().map(String),
      res.eventNames().map(String),
    ]);
    res.json({ a: 1 });
  },
  'events.once': async (req, res, trace) => {
    void EventEmitter.once(req, 'close').then(() => trace('once close'));
    await turn();
    res.json({ a: 1 });
  },
};
