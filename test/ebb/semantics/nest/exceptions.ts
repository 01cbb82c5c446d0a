import {
  ArgumentsHost,
  BadRequestException,
  Catch,
  Controller,
  ExceptionFilter,
  ForbiddenException,
  Get,
  HttpException,
  NotFoundException,
  Param,
  ParseIntPipe,
  ServiceUnavailableException,
  UseFilters,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Response } from 'express';
import { ask, get } from '../call.js';
import { nestSubject } from './nest-subject.js';

const ERRORS: Readonly<Record<string, readonly [make: () => unknown, status: number]>> = {
  'bad-request': [() => new BadRequestException(), 400],
  'bad-request-text': [() => new BadRequestException('no such colour'), 400],
  'bad-request-list': [() => new BadRequestException(['a', 'b']), 400],
  'forbidden-object': [() => new ForbiddenException({ code: 'E17', details: { a: 1 } }), 403],
  cause: [() => new NotFoundException('gone', { cause: new Error('why'), description: 'Gone' }), 404],
  'http-string': [() => new HttpException('text', 409), 409],
  'http-object': [() => new HttpException({ a: 1 }, 422), 422],
  'http-nothing': [() => new HttpException('', 400), 400],
  'http-204': [() => new HttpException({ a: 1 }, 204), 204],
  'http-304': [() => new HttpException({ a: 1 }, 304), 304],
  unavailable: [() => new ServiceUnavailableException(), 503],
  unknown: [() => new Error('unknown'), 500],
  'status-code': [() => Object.assign(new Error('mine'), { statusCode: 418 }), 500],
  'status-and-expose': [() => Object.assign(new Error('shown'), { statusCode: 402, status: 402, expose: true }), 402],
  'hidden-500': [() => Object.assign(new Error('hidden'), { statusCode: 500, status: 500, expose: false }), 500],
  string: [() => 'thrown text', 500],
  object: [() => ({ thrown: true }), 500],
  'object-with-status': [() => ({ statusCode: 403, message: 'an object' }), 403],
  null: [() => null, 500],
  undefined: [() => undefined, 500],
  'http-circle': [
    () => {
      const body: Record<string, unknown> = {};
      body['self'] = body;
      return new HttpException(body, 400);
    },
    500,
  ],
};

class Known extends Error {}
class Replied extends Error {}
class Ended extends Error {}
class Returned extends Error {}

@Catch(Known)
class JsonFilter implements ExceptionFilter {
  catch(error: Known, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(418).json({ filtered: error.message });
  }
}

@Catch(Replied)
class ReplyFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: Replied, host: ArgumentsHost): void {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { replied: error.message }, 422);
  }
}

@Catch(Returned)
class ErrorReplyFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: Returned, host: ArgumentsHost): void {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), Object.assign(error, { secret: 1 }), 502);
  }
}

@Catch(Ended)
class EndFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(_error: Ended, host: ArgumentsHost): void {
    const response: Response = host.switchToHttp().getResponse();
    const { httpAdapter } = this.host;
    httpAdapter.status(response, 410);
    httpAdapter.setHeader(response, 'X-One', '1');
    httpAdapter.appendHeader(response, 'X-One', '2');
    response.set('X-Sent', String(httpAdapter.isHeadersSent(response)));
    httpAdapter.end(response, String(httpAdapter.getHeader(response, 'x-one')));
  }
}

@Controller()
@UseFilters(JsonFilter, ReplyFilter, EndFilter, ErrorReplyFilter)
class ExceptionsController {
  @Get('throws/:name')
  throws(@Param('name') name: string): never {
    throw ERRORS[name]?.[0]();
  }

  @Get('rejects/:name')
  async rejects(@Param('name') name: string): Promise<never> {
    await Promise.resolve();
    throw ERRORS[name]?.[0]();
  }

  @Get('known') known(): never {
    throw new Known('k');
  }
  @Get('replied') replied(): never {
    throw new Replied('r');
  }
  @Get('ended') ended(): never {
    throw new Ended('e');
  }
  @Get('returned') returned(): never {
    throw new Returned('x');
  }
  @Get('number/:id') number(@Param('id', ParseIntPipe) id: number): number {
    return id;
  }
}

export const exceptions = nestSubject('exceptions and filters', { controllers: [ExceptionsController] }, [
  ...Object.entries(ERRORS).map(([name, [, status]]) => [`${name} thrown`, get(`/throws/${name}`), status] as const),
  ...Object.entries(ERRORS).map(([name, [, status]]) => [`${name} rejected`, get(`/rejects/${name}`), status] as const),
  ['thrown, HEAD', ask('HEAD', '/throws/bad-request'), 400],
  ['thrown, If-None-Match', get('/throws/bad-request', { 'If-None-Match': '*' }), 400],
  ['a filter that uses res.json', get('/known'), 418],
  ['a filter that uses adapter.reply', get('/replied'), 422],
  ['a filter that replies with the error', get('/returned'), 502],
  ['a filter that uses the adapter’s other methods', get('/ended'), 410],
  ['a pipe that refuses', get('/number/a'), 400],
  ['a pipe that does not', get('/number/1')],
]);
