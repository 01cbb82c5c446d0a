/** What a Nest application is told before it starts: prefixes, versions, CORS. */
import { Controller, Get, Version, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { ask, get } from '../call.js';
import { nestSubject } from './nest-subject.js';
import { PagesController } from './pages.controller.js';

const controllers = [PagesController];

export const cors = nestSubject(
  'cors',
  { controllers, options: { cors: { origin: 'https://a.test', credentials: true } } },
  [
    ['a simple one', get('/', { Origin: 'https://a.test' })],
    ['another origin', get('/', { Origin: 'https://b.test' })],
    ['a preflight', ask('OPTIONS', '/', { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' }), 204],
  ],
);

export const prefixed = nestSubject(
  'a global prefix',
  { controllers, setup: (app) => app.setGlobalPrefix('api', { exclude: ['text'] }) },
  [
    ['with it', get('/api/')],
    ['without it', get('/'), 404],
    ['excluded', get('/text')],
    ['nothing there', get('/api/nope'), 404],
  ],
);

/** Hooks that the adapter runs for every request, set after middleware was added. */
export const hooked = nestSubject(
  'hooks of the adapter',
  {
    controllers,
    setup: (app, trace) => {
      app.use((_request: unknown, _response: unknown, next: () => void) => {
        trace('middleware');
        next();
      });
      const adapter = app.getHttpAdapter() as ExpressAdapter;
      adapter.setOnRequestHook((_request, response, done) => {
        trace('request');
        response.setHeader('X-Hook', 'request');
        done();
      });
      adapter.setOnResponseHook((_request, response) => trace(`response ${response.statusCode}`));
    },
  },
  [
    ['a route', get('/')],
    ['none', get('/nope'), 404],
  ],
);

@Controller('v')
class VersionedController {
  @Get() @Version('1') one(): object {
    return { version: 1 };
  }
  @Get() @Version(['2', VERSION_NEUTRAL]) two(): object {
    return { version: 2 };
  }
}

export const versioned = [
  { type: VersioningType.URI, calls: { 1: get('/v1/v'), 2: get('/v2/v'), none: get('/v') } },
  {
    type: VersioningType.HEADER,
    header: 'X-Version',
    calls: { 1: get('/v', { 'X-Version': '1' }), 2: get('/v', { 'X-Version': '2' }), none: get('/v') },
  },
  {
    type: VersioningType.MEDIA_TYPE,
    key: 'v=',
    calls: {
      1: get('/v', { Accept: 'application/json;v=1' }),
      2: get('/v', { Accept: 'application/json;v=2' }),
      none: get('/v'),
    },
  },
].map(({ calls, ...options }) =>
  nestSubject(
    `versions, ${VersioningType[options.type]}`,
    {
      controllers: [VersionedController],
      setup: (app) => app.enableVersioning(options as Parameters<typeof app.enableVersioning>[0]),
    },
    Object.entries(calls).map(([name, call]) => [`version ${name}`, call] as const),
  ),
);
