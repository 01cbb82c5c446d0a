/** Nest on Fastify, as its documentation has it. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HOST, KEEP_ALIVE_MS, PORT } from './answer.js';
import { HelloModule } from './hello.module.js';
import { ReadyModule } from './ready.module.js';

@Module({ imports: [HelloModule, ReadyModule] })
class AppModule {}

const adapter = new FastifyAdapter({ keepAliveTimeout: KEEP_ALIVE_MS });
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter);
app.enableShutdownHooks();
await app.listen(PORT, HOST);
