/** The same worker under Nest alone, for comparison: `stock.main.js QUEUE REDIS-HOST`. */
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ordersModule } from './orders.module.js';

const [queue = '', host = ''] = process.argv.slice(2);

@Controller()
class ProbeController {
  @Get('a')
  answer(): string {
    return 'ready';
  }
}

@Module({ imports: [ordersModule(queue, host)], controllers: [ProbeController] })
class StockModule {}

const app = await NestFactory.create(StockModule, { logger: ['error'] });
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
await app.listen(process.env['PORT'] ?? 3_000);
