/**
 * What Nest services do today, for comparison: the counter, and one of the ways in which Nest is told to shut down.
 * `node peer.js stock | hooks | terminus`. Neither Ebb's adapter nor its lifecycle is in here.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { CounterController } from './counter.controller.js';

const GRACEFUL_SHUTDOWN_TIMEOUT_MS = 1_000;

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
