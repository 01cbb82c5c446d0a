/** Everything around a handler: interceptors, guards, pipes, scopes, and a context that goes with a request. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CallHandler,
  CanActivate,
  Controller,
  ExecutionContext,
  Get,
  Inject,
  Injectable,
  NestInterceptor,
  NotFoundException,
  Scope,
  StreamableFile,
  UseGuards,
  UseInterceptors,
  Res,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';
import { catchError, delay, map, Observable, of, tap, throwError } from 'rxjs';
import { get } from '../call.js';
import { nestSubject } from './nest-subject.js';

type Change = (handled: Observable<unknown>, response: Response) => Observable<unknown>;

/** An interceptor that does one thing. */
function interceptor(change: Change): new () => NestInterceptor {
  @Injectable()
  class Interceptor implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return change(next.handle(), context.switchToHttp().getResponse());
    }
  }
  return Interceptor;
}

@Injectable()
class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(@Inject(REQUEST) readonly request: Request) {}
}

const context = new AsyncLocalStorage<string>();

@Controller()
class InterceptedController {
  constructor(private readonly perRequest: PerRequest) {}

  @Get('map') @UseInterceptors(interceptor((handled) => handled.pipe(map((data) => ({ data }))))) map(): object {
    return { a: 1 };
  }
  @Get('replace') @UseInterceptors(interceptor(() => of('replaced'))) replace(): object {
    return { a: 1 };
  }
  @Get('stream') @UseInterceptors(interceptor(() => of(new StreamableFile(Buffer.from('streamed'))))) stream(): object {
    return { a: 1 };
  }
  @Get('delay') @UseInterceptors(interceptor((handled) => handled.pipe(delay(5)))) delay(): object {
    return { a: 1 };
  }
  @Get('null') @UseInterceptors(interceptor((handled) => handled.pipe(map(() => null)))) null(): object {
    return { a: 1 };
  }
  @Get('header')
  @UseInterceptors(interceptor((handled, res) => handled.pipe(tap(() => res.set('X-One', '1')))))
  header(): object {
    return { a: 1 };
  }
  @Get('type')
  @UseInterceptors(interceptor((handled, res) => handled.pipe(tap(() => res.type('text/x')))))
  type(): object {
    return { a: 1 };
  }
  @Get('status')
  @UseInterceptors(interceptor((handled, res) => handled.pipe(tap(() => res.status(299)))))
  status(): object {
    return { a: 1 };
  }
  @Get('fails') @UseInterceptors(interceptor(() => throwError(() => new NotFoundException()))) fails(): object {
    return { a: 1 };
  }
  @Get('rescues')
  @UseInterceptors(interceptor((handled) => handled.pipe(catchError(() => of({ rescued: true })))))
  rescues(): never {
    throw new Error('failed');
  }
  @Get('answers')
  @UseInterceptors(interceptor((handled, res) => handled.pipe(tap(() => res.json({ answered: true })))))
  answers(@Res() _res: Response): object {
    return { a: 1 };
  }
  @Get('guard') @UseGuards(Refusing) guard(): object {
    return { a: 1 };
  }
  @Get('scope') scope(): object {
    const { request } = this.perRequest;
    return { url: request.url, method: request.method, headers: request.headers, body: 'body' in request };
  }
  @Get('context') context(): object {
    return { store: context.getStore() };
  }
  @Get('context-later') async contextLater(): Promise<object> {
    await Promise.resolve();
    return { store: context.getStore() };
  }
  @Get('locals') locals(@Res({ passthrough: true }) res: Response): object {
    return { ...res.locals };
  }
}

const STATUSES: Readonly<Record<string, number>> = { status: 299, fails: 404, guard: 403 };
const PATHS = [
  'map',
  'replace',
  'stream',
  'delay',
  'null',
  'header',
  'type',
  'status',
  'fails',
  'rescues',
  'answers',
  'guard',
  'scope',
  'context',
  'context-later',
  'locals',
];

export const interceptors = nestSubject(
  'interceptors, guards, scopes, contexts',
  {
    controllers: [InterceptedController],
    providers: [PerRequest],
    setup: (app, trace) => {
      app.use((req: Request, res: Response, next: NextFunction) => {
        res.locals['local'] = 1;
        res.on('finish', () => trace(['finish', String(context.getStore())]));
        context.run(`context of ${req.url}`, next);
      });
    },
  },
  PATHS.map((path) => [path, get(`/${path}`), STATUSES[path] ?? 200] as const),
);
