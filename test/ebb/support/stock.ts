/**
 * Serves a module of `test/ebb/apps/` as a Nest user does without Ebb: `node stock.js timers`. Its moments are printed as Ebb's
 * are, so that a test meets both in the same way.
 */
import type { Server } from 'node:http';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { portOf } from '../../../src/ebb/http/listen.js';

function print(level: string, message: unknown): void {
  const fields: object = typeof message === 'object' && message !== null ? message : { msg: String(message) };
  process.stdout.write(`${JSON.stringify({ level, ...fields })}\n`);
}

const module = (await import(new URL(`../apps/${process.argv[2]}.module.js`, import.meta.url).href)) as {
  readonly default: Type;
};
const app = await NestFactory.create(module.default, {
  logger: {
    log: (message: unknown) => print('info', message),
    warn: (message: unknown) => print('warn', message),
    error: (message: unknown) => print('error', message),
  },
});
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
await app.listen(0, '127.0.0.1');
print('info', { event: 'startup.complete', port: portOf(app.getHttpServer() as Server) });
