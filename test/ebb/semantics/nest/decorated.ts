/** What decorators say of an answer. */
import {
  Controller,
  Get,
  Header,
  HttpCode,
  Redirect,
  Render,
  Req,
  Next,
  Session,
  Ip,
  HostParam,
  Headers,
  Query,
} from '@nestjs/common';
import type { NextFunction, Request } from 'express';
import { resolve } from 'node:path';
import { ask, get } from '../call.js';
import { nestSubject } from './nest-subject.js';

@Controller()
class DecoratedController {
  @Get('header') @Header('X-One', '1') @Header('Cache-Control', 'no-store') header(): object {
    return { a: 1 };
  }
  @Get('header-function') @Header('X-One', () => 'made') headerFunction(): object {
    return { a: 1 };
  }
  @Get('type') @Header('Content-Type', 'text/plain') type(): object {
    return { a: 1 };
  }
  @Get('type-json') @Header('Content-Type', 'application/json') typeJson(): object {
    return { a: 1 };
  }
  @Get('type-vendor') @Header('content-type', 'application/vnd.api+json') typeVendor(): object {
    return { a: 1 };
  }
  @Get('type-of-text') @Header('Content-Type', 'text/csv') typeOfText(): string {
    return 'a,b';
  }
  @Get('length') @Header('Content-Length', '3') length(): object {
    return { a: 1 };
  }
  @Get('etag') @Header('ETag', '"mine"') etag(): object {
    return { a: 1 };
  }
  @Get('chunked') @Header('Transfer-Encoding', 'chunked') chunked(): object {
    return { a: 1 };
  }
  @Get('close') @Header('Connection', 'close') close(): object {
    return { a: 1 };
  }
  @Get('code/201') @HttpCode(201) created(): object {
    return { a: 1 };
  }
  @Get('code/204') @HttpCode(204) noContent(): object {
    return { a: 1 };
  }
  @Get('code/205') @HttpCode(205) reset(): object {
    return { a: 1 };
  }
  @Get('code/304') @HttpCode(304) notModified(): object {
    return { a: 1 };
  }
  @Get('code/418') @HttpCode(418) teapot(): object {
    return { a: 1 };
  }
  @Get('code/599') @HttpCode(599) nameless(): object {
    return { a: 1 };
  }
  @Get('code/999') @HttpCode(999) highest(): object {
    return { a: 1 };
  }
  @Get('code/99') @HttpCode(99) tooLow(): object {
    return { a: 1 };
  }
  @Get('redirect') @Redirect('/other', 301) redirect(): void {
    /* As decorated. */
  }
  @Get('redirect-value') @Redirect('/other') redirectValue(): object {
    return { url: '/mine', statusCode: 307 };
  }
  @Get('render') @Render('page') render(): object {
    return { name: 'Ada', place: 'here' };
  }
  @Get('render-nothing') @Render('nope') renderNothing(): object {
    return {};
  }
  @Get('next') next(@Next() next: NextFunction): void {
    next();
  }
  @Get('next-error') nextError(@Next() next: NextFunction): void {
    next(new Error('next'));
  }
  @Get('asks') asks(
    @Req() req: Request,
    @Ip() ip: string,
    @HostParam() host: unknown,
    @Headers('x-one') one: string,
    @Query() query: object,
    @Session() session: unknown,
  ): object {
    return {
      ip,
      host,
      one,
      query,
      session: session ?? null,
      url: req.url,
      body: String(req.body),
      own: Object.hasOwn(req, 'body'),
    };
  }
}

/** An engine that shows what it was given. */
function tiny(path: string, options: object, done: (error: unknown, page?: string) => void): void {
  done(null, `${path.endsWith('page.tiny')} ${String(Reflect.get(options, 'name'))}`);
}

const CODES = [201, 204, 205, 304, 418, 599, 999] as const;

const PATHS = [
  'header',
  'header-function',
  'type',
  'type-json',
  'type-vendor',
  'type-of-text',
  'length',
  'etag',
  'chunked',
  'close',
  'render',
  'asks',
] as const;

export const decorated = nestSubject(
  'decorators',
  {
    controllers: [DecoratedController],
    setup: (app) => {
      app.engine('tiny', tiny);
      app.setBaseViewsDir(resolve('test/ebb/semantics/files')).setViewEngine('tiny');
    },
  },
  [
    ...PATHS.map((path) => [path, get(`/${path}`, { 'X-One': '1' })] as const),
    ...PATHS.map((path) => [`${path}, HEAD`, ask('HEAD', `/${path}`)] as const),
    ...CODES.map((code) => [`code ${code}`, get(`/code/${code}`), code] as const),
    ...CODES.map((code) => [`code ${code}, HEAD`, ask('HEAD', `/code/${code}`), code] as const),
    ['a code that is none', get('/code/99'), 500],
    ['redirect', get('/redirect'), 301],
    ['redirect by what is returned', get('/redirect-value'), 307],
    ['a page that there is not', get('/render-nothing'), 500],
    ['next', get('/next'), 404],
    ['next with an error', get('/next-error'), 500],
    ['etag, not modified', get('/etag', { 'If-None-Match': '"mine"' }), 304],
  ],
);
