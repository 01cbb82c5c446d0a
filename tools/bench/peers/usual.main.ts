/** What people run: stock, and what a service in production is given: health checks, a log of requests, metrics. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, LoggerModule } from 'nestjs-pino';
import { destination } from 'pino';
import { HOST, KEEP_ALIVE_MS, PORT } from './answer.js';
import { HelloModule } from './hello.module.js';
import { HealthModule } from './usual/health.module.js';
import { countRequests } from './usual/metrics.js';

// The log costs what it costs to make and to write; where a file lies is not measured.
const log = LoggerModule.forRoot({ pinoHttp: [{}, destination('/dev/null')] });

@Module({ imports: [log, HealthModule, HelloModule] })
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule, { bufferLogs: true });
app.useLogger(app.get(Logger));
app.enableShutdownHooks();
app.use(countRequests);
app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
await app.listen(PORT, HOST);
