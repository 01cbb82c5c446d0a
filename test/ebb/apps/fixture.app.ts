/**
 * The sample with one more feature, which does what business code does to a shutdown. Traits on the command line switch the
 * unfriendly ones on: `node serve.js fixture hook-throws`.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BadRequestException,
  Body,
  type CanActivate,
  Controller,
  Get,
  Injectable,
  Logger,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  Param,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type MessageEvent,
  type OnModuleInit,
  Post,
  Req,
  Res,
  Scope,
  Sse,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { NEVER, type Observable } from 'rxjs';
import { defineApp, Lifecycle, Readiness } from '#ebb';
import { callAll } from '../../../tools/lib/peers/call-all.js';
import { SampleModule, sampleSettings } from './sample.module.js';

type Trait =
  | 'slow-init'
  | 'closes-itself'
  | 'guard-hook-throws'
  | 'middleware-hook-throws'
  | 'transient-twice'
  | 'leaving-throws'
  | 'hook-throws'
  | 'transient-hook-throws'
  | 'transient-hook-hangs'
  | 'hook-hangs'
  | 'last-hook-slow'
  | 'calls-out'
  | 'live-timer'
  | 'foreign-listener'
  | 'foreign-exits'
  | 'exit-throws'
  | 'foreign-hangs'
  | 'foreign-flushes'
  | 'check-fails'
  | 'check-hangs'
  | 'check-hangs-once';

const traits = new Set(process.argv.slice(3) as Trait[]);
const log = new Logger('Fixture');

const MEDIUM_BYTES = 1_500_000;

/** Stands for a library that tears down as early as Nest lets it. */
@Injectable()
class EarlyTeardown implements OnModuleInit, OnModuleDestroy {
  isTornDown = false;

  async onModuleInit(): Promise<void> {
    if (traits.has('slow-init')) {
      log.log({ event: 'fixture.init' });
      await sleep(10_000);
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.isTornDown = true;
    log.log({ event: 'fixture.destroyed' });
    if (traits.has('hook-throws')) {
      throw new Error('the pool was closed twice');
    }
    if (traits.has('hook-hangs')) {
      await new Promise(() => undefined);
    }
  }
}

@Injectable()
class LateTeardown implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    log.log({ event: 'fixture.last-hook' });
    if (traits.has('calls-out')) {
      log.log({ event: 'fixture.called', calls: await callAll(process.env['FIXTURE_CALLS']) });
    }
    if (traits.has('last-hook-slow')) {
      await sleep(1_500);
      log.log({ event: 'fixture.last-hook-done' });
    }
  }
}

/** Nest calls the hooks of guards, pipes and interceptors too. */
@Injectable()
class Gate implements CanActivate, OnModuleDestroy {
  canActivate(): boolean {
    return true;
  }

  onModuleDestroy(): void {
    if (traits.has('guard-hook-throws')) {
      throw new Error('the gate is stuck');
    }
  }
}

/** And those of middleware. */
@Injectable()
class Meter implements NestMiddleware, OnModuleDestroy {
  use(_request: unknown, _response: unknown, next: () => void): void {
    next();
  }

  onModuleDestroy(): void {
    if (traits.has('middleware-hook-throws')) {
      throw new Error('the meter is stuck');
    }
  }
}

@Controller()
@UseGuards(Gate)
class FixtureController {
  constructor(
    private readonly teardown: EarlyTeardown,
    private readonly lifecycle: Lifecycle,
    readiness: Readiness,
  ) {
    this.lifecycle.leaving.addEventListener('abort', () => {
      log.log({ event: 'fixture.leaving' });
      if (traits.has('leaving-throws')) {
        throw new Error('the consumer was paused twice');
      }
    });
    readiness.add('fixture', (signal) => this.check(signal));
  }

  @Get('state')
  state(): { tornDown: boolean; leaving: boolean } {
    return { tornDown: this.teardown.isTornDown, leaving: this.lifecycle.leaving.aborted };
  }

  @Get('big')
  big(): string {
    return 'x'.repeat(10_000_000);
  }

  /** More than the kernel of a client that does not read takes, and little enough for this side's kernel to take the rest. */
  @Get('medium')
  medium(): string {
    log.log({ event: 'fixture.medium' });
    return 'x'.repeat(MEDIUM_BYTES);
  }

  /** More than any kernel takes, in pieces, each when the one before it is taken. */
  @Get('pour')
  async pour(@Res() response: Response): Promise<void> {
    for (let piece = 0; piece < 500; piece += 1) {
      if (!response.write('x'.repeat(100_000))) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
    response.end();
  }

  /** A header at once, the rest in pieces over about a second. */
  @Get('stream')
  async stream(@Res() response: Response): Promise<void> {
    for (let piece = 0; piece < 10; piece += 1) {
      response.write(`${piece}\n`);
      await sleep(100);
    }
    response.end();
  }

  @Get('users/:id')
  async slowRoute(): Promise<string> {
    await sleep(60_000);
    return 'late';
  }

  /** Business code that keeps the event loop to itself for longer than the lame duck of its test. */
  @Get('block')
  block(): string {
    log.log({ event: 'fixture.blocked' });
    const end = performance.now() + 1_000;
    while (performance.now() < end);
    return 'done';
  }

  /** Says of the connection what it should not, as server-sent events and proxies do. */
  @Get('stay/:form')
  stay(@Param('form') form: string, @Res() response: Response): void {
    const headers = {
      field: undefined,
      object: { connection: 'keep-alive', 'X-Form': form },
      list: ['Connection', 'keep-alive', 'X-Form', form],
    }[form];
    if (headers === undefined) {
      response.setHeader('Connection', 'keep-alive').setHeader('X-Form', form).end();
    } else {
      response.writeHead(200, headers).end();
    }
  }

  /** Answers before it has read the body. */
  @Post('early')
  early(): string {
    return 'early';
  }

  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }

  /** Work that is given over while the answer of another request is still being read. */
  @Get('late-work')
  startLateWork(): string {
    this.lifecycle.leaving.addEventListener('abort', () => {
      setTimeout(() => this.startWork(), 500);
    });
    return 'will start';
  }

  @Get('work')
  startWork(): string {
    this.lifecycle.waitUntil(
      sleep(800).then(() => log.log({ event: 'fixture.work-done' })),
      'an audit record',
    );
    return 'started';
  }

  @Get('endless-work')
  startEndlessWork(): string {
    this.lifecycle.waitUntil(new Promise(() => undefined), 'an endless upload');
    return 'started';
  }

  @Get('failing-work')
  startFailingWork(): string {
    this.lifecycle.waitUntil(Promise.reject(new Error('disk full')), 'a doomed write');
    return 'started';
  }

  /** Work whose client may give up: it is done all the same, and with the resources that a hook frees. */
  @Post('pay')
  async pay(@Body() { seconds = 1 }: { seconds?: number }): Promise<string> {
    log.log({ event: 'fixture.paying' });
    await sleep(seconds * 1_000);
    log.log({ event: 'fixture.paid', tornDown: this.teardown.isTornDown });
    return 'paid';
  }

  /** An exception in nobody's hands, a moment later; and again, every moment from then on. */
  @Get('crash')
  crash(): string {
    setTimeout(() => {
      setInterval(() => {
        throw new Error('the cache is gone again');
      }, 20);
      throw new TypeError('the cache is gone');
    }, 10);
    return 'soon';
  }

  @Get('reject')
  reject(): string {
    void Promise.reject(new Error('nobody awaits this'));
    return 'soon';
  }

  @Get('exit')
  exit(): never {
    process.exit(0);
  }

  /** Logs far more than a pipe takes. */
  @Get('chatter')
  chatter(): string {
    for (let line = 0; line < 200; line += 1) {
      log.log({ event: 'fixture.chatter', filler: 'x'.repeat(1_000) });
    }
    return 'said';
  }

  /** Begins to stream after a while. */
  @Get('file')
  async file(): Promise<StreamableFile> {
    log.log({ event: 'fixture.asked-for-file' });
    await sleep(400);
    return new StreamableFile(Readable.from(['x'.repeat(500_000)]));
  }

  /** Server-sent events of which there are none. */
  @Sse('events')
  events(): Observable<MessageEvent> {
    return NEVER;
  }

  /** An answer in the format of server-sent events, which comes to its end by itself. */
  @Post('events')
  async answerInEvents(@Res() response: Response): Promise<void> {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (let word = 0; word < 10; word += 1) {
      response.write(`data: ${word}\n\n`);
      await sleep(100);
    }
    response.end('data: done\n\n');
  }

  /** Takes a while before it reads what it is sent. */
  @Post('patient')
  async patient(@Req() request: Request): Promise<number> {
    await sleep(3_000);
    let bytes = 0;
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
    }
    return bytes;
  }

  @Get('custom')
  custom(): never {
    throw new BadRequestException({ message: 'no such colour', code: 'E17', errors: [{ field: 'colour' }], status: 1 });
  }

  @Get('unexpected')
  unexpected(): never {
    throw new Error('password=hunter2');
  }

  @Get('half')
  async half(@Res() response: Response): Promise<void> {
    response.write('half of an ans');
    await sleep(20);
    throw new BadRequestException();
  }

  private checks = 0;

  private async check(signal: AbortSignal): Promise<boolean> {
    if (traits.has('check-fails')) {
      throw new Error('no route to the printer');
    }
    if (traits.has('check-hangs-once') && !signal.aborted) {
      this.checks += 1;
      log.log({ event: 'fixture.check' });
      if (this.checks === 1) {
        await once(signal, 'abort');
        log.log({ event: 'fixture.check-given-up' });
      }
    }
    if (traits.has('check-hangs')) {
      log.log({ event: 'fixture.check' });
      await new Promise(() => undefined);
    }
    return true;
  }
}

/** One for each that injects it. */
@Injectable({ scope: Scope.TRANSIENT })
class Buffered implements OnModuleDestroy {
  async onModuleDestroy(): Promise<void> {
    if (traits.has('transient-hook-throws')) {
      throw new Error('the buffer was flushed twice');
    }
    if (traits.has('transient-hook-hangs')) {
      await new Promise(() => undefined);
    }
  }
}

@Injectable()
class NeedsBuffered {
  constructor(readonly buffered: Buffered) {}
}

@Injectable()
class AlsoNeedsBuffered {
  constructor(readonly buffered: Buffered) {}
}

@Module({
  controllers: [FixtureController],
  providers: [
    Buffered,
    EarlyTeardown,
    LateTeardown,
    NeedsBuffered,
    ...(traits.has('transient-twice') ? [AlsoNeedsBuffered] : []),
  ],
})
class FixtureModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(Meter).forRoutes(FixtureController);
  }
}

if (traits.has('exit-throws')) {
  process.on('exit', () => {
    throw new Error('the cache could not be written');
  });
}
if (traits.has('live-timer')) {
  setInterval(() => undefined, 1_000);
}
if (traits.has('foreign-listener')) {
  process.on('SIGTERM', function forNothing() {});
}
if (traits.has('foreign-flushes')) {
  // As OpenTelemetry's register does.
  // oxlint-disable-next-line typescript/no-misused-promises -- as it is done
  process.once('SIGTERM', async function flush() {
    await sleep(100);
    log.log({ event: 'fixture.flushed' });
  });
}
if (traits.has('foreign-exits')) {
  process.on('SIGTERM', () => process.exit(0));
}
if (traits.has('foreign-hangs')) {
  // oxlint-disable-next-line typescript/no-misused-promises -- as it is done
  process.on('SIGTERM', function hang() {
    return new Promise(() => undefined);
  });
}

/** A key and a certificate in one file. */
const pem = process.env['FIXTURE_PEM'];

export default defineApp({
  imports: [SampleModule, FixtureModule],
  settings: [sampleSettings],
  nest: pem === undefined ? {} : { httpsOptions: { key: readFileSync(pem, 'utf8'), cert: readFileSync(pem, 'utf8') } },
  setup(app) {
    if (traits.has('closes-itself')) {
      const timer = setInterval(() => {
        if (app.get(Lifecycle).phase === 'ready') {
          clearInterval(timer);
          void app.close();
        }
      }, 5);
    }
  },
});
