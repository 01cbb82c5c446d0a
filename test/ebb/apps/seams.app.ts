/** Uses each seam of Ebb once; traits on the command line switch what is wrong on: `node serve.js seams taken`. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
  type RawBodyRequest,
  Req,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Counter } from '@prometheus-io/client';
import type { Request } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { Counter as OldCounter } from 'prom-client';
import { z } from 'zod';
import {
  choice,
  defineApp,
  flag,
  Management,
  Metrics,
  port,
  seconds,
  secret,
  settings,
  type Settings,
  url,
} from '#ebb';

const traits = new Set(process.argv.slice(3));

const seamSettings = settings({
  SEAM_WAIT_SECONDS: seconds(0.1),
  SEAM_PORT: port(5_432),
  SEAM_IS_ON: flag(false),
  SEAM_COLOUR: choice(['red', 'green'], 'green'),
  SEAM_DATABASE_URL: url({ fallback: 'postgres://localhost/seams', protocols: ['postgres'] }),
  // Any schema of zod that reads a text.
  SEAM_SIZE: z.coerce.number().int().positive().default(3),
});

const secretSettings = settings({
  SEAM_API_KEY: secret(),
  SEAM_PASSWORD: z.string().min(20),
  SEAM_ENCRYPTION_KEY: z.string().length(32),
});

// The same variable as in the first, said in the same way, and in another.
const sameSettings = settings({ SEAM_PORT: port(5_432) });
const otherSettings = settings({ SEAM_PORT: port(5_433), PORT: port(1) });

@Injectable()
class Queue {
  readonly waiting: string[] = [];

  constructor(management: Management) {
    management.add('/debug/queue', (_request, response) => response.end(JSON.stringify(this.waiting)));
    management.add('/debug/flush', (_request, response) => response.end(String(this.waiting.splice(0).length)), {
      methods: ['POST'],
    });
    management.add('/debug/broken', async () => {
      await sleep(1);
      throw new Error('the queue is locked');
    });
    if (traits.has('taken')) {
      management.add('/metrics', () => undefined);
    }
    if (traits.has('malformed')) {
      management.add('debug/queue?all', () => undefined);
    }
  }
}

@Controller()
class SeamsController {
  readonly #orders: Counter;

  constructor(
    @Inject(seamSettings) private readonly own: Settings<typeof seamSettings>,
    private readonly queue: Queue,
    private readonly logger: PinoLogger,
    metrics: Metrics,
  ) {
    const help = 'For a test.';
    this.#orders = new Counter({ name: 'orders_total', help, registers: [metrics.registry] });
    new Counter({ name: 'default_total', help }).inc(2);
    new OldCounter({ name: 'old_total', help }).inc(3);
    // One that is there already.
    new OldCounter({ name: 'orders_total', help }).inc(99);
  }

  @Get('settings')
  settings(): unknown {
    return this.own;
  }

  @Post('orders/:id')
  async order(@Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    this.logger.assign({ order: id });
    this.queue.waiting.push(id);
    this.#orders.inc();
    await sleep(20);
    this.logger.info({ event: 'seams.ordered' }, 'Ordered');
    return body;
  }

  @Post('raw')
  raw(@Req() request: RawBodyRequest<Request>): string {
    return request.rawBody?.toString() ?? 'none';
  }

  @Get('log')
  log(): string {
    this.logger.info({ event: 'seams.logged' }, 'Logged');
    return 'logged';
  }

  @Get('url')
  url(): Promise<string> {
    return application?.getUrl() ?? Promise.resolve('');
  }
}

let application: NestExpressApplication | undefined;

@Module({ controllers: [SeamsController], providers: [Queue] })
class SeamsModule {}

const csp = { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], scriptSrc: [() => "'nonce-abc'"] } } };

export default defineApp({
  imports: [SeamsModule],
  settings: [
    seamSettings,
    sameSettings,
    ...(traits.has('secret') ? [secretSettings] : []),
    ...(traits.has('conflict') ? [otherSettings] : []),
  ],
  nest: { rawBody: true, cors: { origin: 'https://shop.example' } },
  http: {
    ...(traits.has('large') ? { bodyLimit: '1mb' } : {}),
    ...(traits.has('bare') ? { helmet: false } : {}),
    ...(traits.has('helmet') ? { helmet: true } : {}),
    ...(traits.has('csp') ? { helmet: csp } : {}),
  },
  async setup(app) {
    application = app;
    await sleep(1);
    if (traits.has('own-parser')) {
      app.useBodyParser('text', { type: 'text/plain', limit: '1kb' });
    }
  },
});
