/**
 * What Nest services do today, for comparison: the counter of the sample, and one of the ways in which Nest is told to
 * shut down. `node peer.js stock | hooks | terminus`. Neither Ebb's adapter nor its lifecycle is in here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';

const GRACEFUL_SHUTDOWN_TIMEOUT_MS = 1_000;

const DEFAULT_DELAY_SECONDS = 9;

@Controller()
class CounterController {
  #num = 0;

  @Get()
  async wait(@Query('delay') delay?: string): Promise<{ num: number }> {
    await sleep(Number(delay ?? DEFAULT_DELAY_SECONDS) * 1_000);
    return this.count();
  }

  @Get('a')
  count(): { num: number } {
    this.#num += 1;
    return { num: this.#num };
  }
}

const way = process.argv[2];
const imports =
  way === 'terminus' ? [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: GRACEFUL_SHUTDOWN_TIMEOUT_MS })] : [];

@Module({ imports, controllers: [CounterController] })
class PeerModule {}

if (way !== 'stock' && way !== 'hooks' && way !== 'terminus') {
  throw new Error(`Say which peer to run: stock, hooks or terminus, not "${way ?? ''}".`);
}
const app = await NestFactory.create(PeerModule, { logger: ['error'] });
if (way !== 'stock') {
  app.enableShutdownHooks();
}
await app.listen(process.env['PORT'] ?? 3000);
