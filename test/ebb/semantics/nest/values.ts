/** What a handler may return. */
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude, Expose } from 'class-transformer';
import { EMPTY, from, of, throwError, timer } from 'rxjs';
import { map } from 'rxjs/operators';
import { ask, get, post } from '../call.js';
import { nestSubject } from './nest-subject.js';

class Person {
  @Expose() name = 'Ada';
  @Exclude() password = 'secret';
  get shout(): string {
    return this.name.toUpperCase();
  }
}

class Money {
  constructor(private readonly cents: number) {}
  toJSON(): string {
    return `${this.cents / 100}`;
  }
}

function circle(): object {
  const first: Record<string, unknown> = {};
  first['self'] = first;
  return first;
}

const VALUES: Readonly<Record<string, () => unknown>> = {
  object: () => ({ a: 1, b: 'ü€😀' }),
  'empty-object': () => ({}),
  array: () => [1, 'b', null],
  'empty-array': () => [],
  null: () => null,
  undefined: () => undefined,
  'empty-string': () => '',
  string: () => 'hällo',
  html: () => '<p>html</p>',
  zero: () => 0,
  number: () => 1.5,
  nan: () => Number.NaN,
  false: () => false,
  true: () => true,
  bigint: () => 10n,
  symbol: () => Symbol('s'),
  function: () => () => 1,
  date: () => new Date(0),
  buffer: () => Buffer.from('ab'),
  bytes: () => new Uint8Array([1, 2]),
  map: () => new Map([['a', 1]]),
  set: () => new Set([1]),
  regexp: () => /a/,
  url: () => new URL('http://a.test/'),
  class: () => new Person(),
  'to-json': () => ({ price: new Money(250) }),
  'to-json-itself': () => new Money(250),
  'to-json-undefined': () => ({ toJSON: () => undefined }),
  'to-json-null': () => ({ toJSON: () => null }),
  'to-json-throws': () => ({
    toJSON: () => {
      throw new Error('toJSON');
    },
  }),
  'with-undefined': () => ({ a: undefined, b: () => 1, c: Symbol('c'), d: Number.NaN }),
  'no-prototype': () => Object.assign(Object.create(null) as object, { a: 1 }),
  'with-bigint': () => ({ a: 1n }),
  circle,
  error: () => new Error('returned'),
  'error-with-fields': () => Object.assign(new Error('returned'), { code: 'E1' }),
  'error-in-object': () => ({ error: new Error('in') }),
  'proto-key': () => JSON.parse('{"__proto__":{"a":1}}') as unknown,
  proxy: () => new Proxy({ a: 1 }, {}),
  'string-object': () => new String('boxed'),
  'number-object': () => new Number(1),
  escapes: () => ({ a: '<script>\u2028&"\\' }),
  surrogate: () => ({ a: '\ud800' }),
  promise: () => Promise.resolve({ a: 1 }),
  rejected: () => Promise.reject(new Error('rejected')),
  observable: () => of({ a: 1 }, { a: 2 }),
  'observable-empty': () => EMPTY,
  'observable-later': () => timer(5).pipe(map(() => ({ later: true }))),
  'observable-fails': () => throwError(() => new Error('failed')),
  'observable-of-promise': () => from(Promise.resolve('text')),
  'status-code-in-body': () => ({ statusCode: 500, message: 'only data' }),
  deep: () => ({ a: { b: { c: [{ d: new Date(0), e: Buffer.from('e') }] } } }),
  long: () => ({ text: 'x'.repeat(70_000) }),
};

const FAILING: ReadonlySet<string> = new Set([
  'to-json-throws',
  'with-bigint',
  'circle',
  'rejected',
  'observable-fails',
  'observable-empty',
]);

@Controller()
class ValuesController {
  @Get('values/:name')
  value(@Param('name') name: string): unknown {
    return VALUES[name]?.();
  }

  @Get('expose')
  @UseInterceptors(ClassSerializerInterceptor)
  expose(): Person {
    return new Person();
  }

  @Get('expose/list')
  @UseInterceptors(ClassSerializerInterceptor)
  list(): Person[] {
    return [new Person(), new Person()];
  }

  @Post('echo')
  post(@Body() body: unknown): unknown {
    return body;
  }

  @Put('echo')
  put(@Body() body: unknown): unknown {
    return { put: body };
  }

  @Patch('echo')
  patch(@Body() body: unknown): unknown {
    return { patch: body ?? 'nothing' };
  }

  @Delete('echo')
  @HttpCode(204)
  delete(): unknown {
    return { deleted: true };
  }
}

export const values = nestSubject('values of handlers', { controllers: [ValuesController] }, [
  ...Object.keys(VALUES).map((name) => [name, get(`/values/${name}`), FAILING.has(name) ? 500 : 200] as const),
  ['an object, HEAD', ask('HEAD', '/values/object')],
  ['an object, not modified', get('/values/object', { 'If-None-Match': '*' }), 304],
  ['an object, another etag', get('/values/object', { 'If-None-Match': '"x"' })],
  ['an object, modified since', get('/values/object', { 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })],
  ['a text, not modified', get('/values/string', { 'If-None-Match': '*' }), 304],
  ['class-transformer', get('/expose')],
  ['class-transformer, a list', get('/expose/list')],
  ['POST', post('{"a":1}', undefined, '/echo'), 201],
  ['POST without a body', ask('POST', '/echo'), 201],
  ['PUT', { ...post('[1]', undefined, '/echo'), method: 'PUT' }],
  ['PATCH without a body', ask('PATCH', '/echo')],
  ['DELETE, 204', ask('DELETE', '/echo'), 204],
  ['OPTIONS', ask('OPTIONS', '/echo'), 404],
  ['nothing there', get('/nope'), 404],
  ['nothing there, HEAD', ask('HEAD', '/nope'), 404],
]);
