/** What everything is compared with: Nest on Express as `nest new` makes it, with its ETag, and with shutdown hooks. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HOST, KEEP_ALIVE_MS, PORT } from './answer.js';
import { HelloModule } from './hello.module.js';
import { ReadyModule } from './ready.module.js';

@Module({ imports: [HelloModule, ReadyModule] })
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
await app.listen(PORT, HOST);
