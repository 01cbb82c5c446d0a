/** Libraries and middleware of an application that look at answers, or change them. */
import { MiddlewareConsumer, Module } from '@nestjs/common';
import compression from 'compression';
import cookieSession from 'cookie-session';
import type { NextFunction, Request, Response } from 'express';
import { LoggerModule } from 'nestjs-pino';
import { Writable } from 'node:stream';
import { ask, get } from '../call.js';
import type { Trace } from '../row.js';
import { nestSubject } from './nest-subject.js';
import { PagesController } from './pages.controller.js';

const controllers = [PagesController];
const PATHS = ['/', '/long', '/text', '/typed', '/null'] as const;
const ALL = [
  ...PATHS.map((path) => [path, get(path)] as const),
  ['/ by HEAD', ask('HEAD')] as const,
  ['/nope', get('/nope'), 404] as const,
];

/** Replaces one method of each response by one that notes its call, as loggers do. */
function replacing(name: 'json' | 'send' | 'end' | 'write' | 'writeHead' | 'setHeader' | 'status', trace: Trace) {
  return (_req: Request, res: Response, next: NextFunction) => {
    const method = Reflect.get(res, name) as (...args: unknown[]) => unknown;
    Reflect.set(res, name, function replaced(this: Response, ...args: unknown[]): unknown {
      trace([name, args.map((argument) => (typeof argument === 'function' ? 'function' : argument)), res.headersSent]);
      return Reflect.apply(method, this, args);
    });
    next();
  };
}

export const replacements = (['json', 'send', 'end', 'write', 'writeHead', 'setHeader', 'status'] as const).map(
  (name) =>
    nestSubject(`res.${name} replaced`, { controllers, setup: (app, trace) => app.use(replacing(name, trace)) }, ALL),
);

export const logged = nestSubject(
  'loggers at the end',
  {
    controllers,
    setup: (app, trace) =>
      app.use((req: Request, res: Response, next: NextFunction) => {
        res.on('finish', () =>
          trace([
            req.method,
            req.originalUrl,
            res.statusCode,
            res.getHeader('content-length'),
            res.getHeaders(),
            res.getHeaderNames(),
          ]),
        );
        next();
      }),
  },
  ALL,
);

export const sessions = nestSubject(
  'sessions that hold back the end',
  {
    controllers,
    setup: (app) => {
      app.use(cookieSession({ name: 's', secret: 'a' }));
      app.use((req: Request, res: Response, next: NextFunction) => {
        Reflect.set(req.session ?? {}, 'seen', 1);
        const end = res.end.bind(res);
        Reflect.set(res, 'end', (...args: unknown[]) => {
          setImmediate(() => {
            Reflect.apply(end, undefined, args);
          });
          return res;
        });
        next();
      });
    },
  },
  ALL,
);

export const compressed = nestSubject(
  'compression',
  { controllers, setup: (app) => app.use(compression({ threshold: 0 })) },
  [
    ...ALL,
    ...PATHS.map((path) => [`${path} in gzip`, get(path, { 'Accept-Encoding': 'gzip' })] as const),
    ['HEAD in gzip', ask('HEAD', '/long', { 'Accept-Encoding': 'gzip' })],
  ],
);

/** What pino-http writes of a request; its duration and its process are others each time. */
const lines = (trace: Trace) =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { level, msg, req, res } = JSON.parse(chunk.toString()) as {
        level: number;
        msg: string;
        req: Record<string, unknown>;
        res: unknown;
      };
      trace([level, msg, { ...req, remotePort: 0, id: 0 }, withoutDate(res)]);
      done();
    },
  });

function withoutDate(res: unknown): unknown {
  return JSON.parse(JSON.stringify(res, (key, value: unknown) => (key === 'date' ? 'then' : value)));
}

let pinoTrace: Trace = () => undefined;

export const pino = nestSubject(
  'pino-http',
  {
    controllers,
    imports: [LoggerModule.forRoot({ pinoHttp: { stream: lines((event) => pinoTrace(event)) } })],
    setup: (_app, trace) => {
      pinoTrace = trace;
    },
  },
  ALL,
);

@Module({ controllers })
class BehindMiddleware {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_req: Request, res: Response, next: NextFunction) => {
        res.set('X-Middleware', '1');
        next();
      })
      .forRoutes('text', '*path');
    consumer
      .apply((_req: Request, res: Response) => {
        res.json({ middleware: true });
      })
      .forRoutes('count');
  }
}

export const consumers = nestSubject('middleware of a module', { imports: [BehindMiddleware] }, [
  ...ALL,
  ['answered by it', get('/count')],
]);
