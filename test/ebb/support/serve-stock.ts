/**
 * Serves an application of `test/ebb/apps/` with Nest alone, as its documentation does, for the controls:
 * `node serve-stock.js gateway ws`. Neither Ebb's adapter nor its lifecycle is in here.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { App } from '../../../src/ebb/define-app.js';

const { default: app } = (await import(new URL(`../apps/${process.argv[2]}.app.js`, import.meta.url).href)) as {
  readonly default: App;
};

@Module({ imports: app.imports })
class StockModule {}

const nest = await NestFactory.create<NestExpressApplication>(StockModule, { logger: ['error'] });
nest.enableShutdownHooks();
await app.setup(nest);
await nest.startAllMicroservices();
await nest.listen(Number(process.env['PORT']), '127.0.0.1');
const { port } = nest.getHttpServer().address() as { readonly port: number };
process.stdout.write(`${JSON.stringify({ event: 'startup.complete', port })}\n`);
