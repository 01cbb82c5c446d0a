/**
 * What Nest services do today, for comparison: what every peer has, and one of the ways in which Nest is told to shut down.
 * `node peer.js stock | hooks | terminus`. Neither Ebb's adapter nor its lifecycle is in here.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { TerminusModule } from '@nestjs/terminus';
import { PeerModule } from './peer.module.js';

const GRACEFUL_SHUTDOWN_TIMEOUT_MS = 1_000;

const way = process.argv[2];
const imports =
  way === 'terminus' ? [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: GRACEFUL_SHUTDOWN_TIMEOUT_MS })] : [];

@Module({ imports: [PeerModule, ...imports] })
class StockModule {}

if (way !== 'stock' && way !== 'hooks' && way !== 'terminus') {
  throw new Error(`Say which peer to run: stock, hooks or terminus, not "${way ?? ''}".`);
}
const app = await NestFactory.create(StockModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
if (way !== 'stock') {
  app.enableShutdownHooks();
}
await app.listen(process.env['PORT'] ?? 3000);
