/** An application whose last hook of all, in the last moment before it exits, calls others: {@link Call}s in `FIXTURE_CALLS`. */
import { request } from 'node:http';
import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { defineApp } from '../../src/ebb/index.js';
import { CounterController } from '../lib/peers/counter.controller.js';
import type { Call } from './callee.js';

const CALL_CEILING_MS = 3_000;

@Injectable()
class CallsOut implements OnApplicationShutdown {
  readonly #log = new Logger(CallsOut.name);

  async onApplicationShutdown(): Promise<void> {
    this.#log.log({ event: 'fixture.called', calls: await callAll() });
  }
}

/** What came of calling each of them now: a status, or the code of the error. */
async function callAll(): Promise<Record<string, string>> {
  const calls = JSON.parse(process.env['FIXTURE_CALLS'] ?? '[]') as Call[];
  return Object.fromEntries(await Promise.all(calls.map(async (one) => [one.name, await call(one)] as const)));
}

function call({ url, host }: Call): Promise<string> {
  return new Promise((resolve) => {
    const headers = host === undefined ? {} : { host };
    const signal = AbortSignal.timeout(CALL_CEILING_MS);
    const outgoing = request(url, { agent: false, headers, signal }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

@Module({ controllers: [CounterController], providers: [CallsOut] })
class CallingOutModule {}

export default defineApp({ imports: [CallingOutModule] });
