/**
 * What ordinary Nest applications have, each by a trait on the command line: `node serve.js world prefix guard`. Nothing in
 * here knows of Ebb but the default export.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  Logger,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestModule,
  type OnModuleDestroy,
  type Provider,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import compression from 'compression';
import cookieSession from 'cookie-session';
import type { NextFunction, Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { defineApp } from '#ebb';

const traits = new Set(process.argv.slice(3));
const log = new Logger('World');

/** Refuses whoever has no key. */
@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<Request>().headers['x-api-key'] === 'a-key';
  }
}

@Injectable()
class WrapAnswers implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Answers errors in words of its own. */
@Catch(HttpException)
class OwnErrors implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(exception.getStatus()).send(`own words: ${exception.message}`);
  }
}

@Controller('orders')
class OrdersController implements OnModuleDestroy {
  @Get()
  list(): { orders: string[] } {
    return { orders: Array.from({ length: 200 }, (_, index) => `order ${index}`) };
  }

  @Get('slow')
  async slow(): Promise<{ slow: true }> {
    log.log({ event: 'world.asked' });
    await sleep(1_000);
    log.log({ event: 'world.answered' });
    return { slow: true };
  }

  onModuleDestroy(): void {
    log.log({ event: 'world.destroyed' });
  }
}

/** Counts every request that reaches the application, and lets none in after the first few. */
@Module({})
class RateLimitModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: Request, response: Response, next: NextFunction) => {
        response.setHeader('X-Seen', 'yes');
        next();
      })
      .forRoutes('{*all}');
  }
}

/** A dynamic module whose provider is made by an asynchronous factory, as those of databases are. */
@Module({})
class DatabaseModule {
  static forRoot(): DynamicModule {
    const provider = { provide: 'DATABASE', useFactory: () => sleep(50, { connected: true }) };
    return { module: DatabaseModule, providers: [provider], exports: [provider], global: true };
  }
}

const providers: Provider[] = [
  ...(traits.has('guard') ? [{ provide: APP_GUARD, useClass: KeyGuard }] : []),
  ...(traits.has('throttler') ? [{ provide: APP_GUARD, useClass: ThrottlerGuard }] : []),
  ...(traits.has('filter') ? [{ provide: APP_FILTER, useClass: OwnErrors }] : []),
  ...(traits.has('interceptor') ? [{ provide: APP_INTERCEPTOR, useClass: WrapAnswers }] : []),
];

@Module({ controllers: [OrdersController], providers })
class OrdersModule {}

function setup(app: NestExpressApplication): void {
  if (traits.has('prefix')) {
    app.setGlobalPrefix('api');
  }
  if (traits.has('versioning')) {
    app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  }
  if (traits.has('compression')) {
    app.use(compression({ threshold: 0 }));
  }
  if (traits.has('session')) {
    app.set('trust proxy', 1);
    app.use(cookieSession({ name: 'session', keys: ['for a test'] }));
    app.use((request: Request, _response: Response, next: NextFunction) => {
      Object.assign(request.session ?? {}, { seen: true });
      next();
    });
  }
  if (traits.has('cors')) {
    app.enableCors({ origin: 'https://shop.example' });
  }
  if (traits.has('global-filter')) {
    app.useGlobalFilters(new OwnErrors());
  }
  if (traits.has('hooks')) {
    // As every main.ts has it.
    app.enableShutdownHooks();
  }
  if (traits.has('swagger')) {
    SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  }
}

export default defineApp({
  imports: [
    OrdersModule,
    DatabaseModule.forRoot(),
    // A promise is what some forRoot() return.
    ...(traits.has('middleware') ? [Promise.resolve({ module: RateLimitModule })] : []),
    ...(traits.has('throttler') ? [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 5 }])] : []),
  ],
  setup,
});
