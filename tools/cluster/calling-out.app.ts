/** An application whose last hook of all, in the last moment before it exits, calls others, those in `FIXTURE_CALLS`. */
import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { defineApp } from '../../src/ebb/index.js';
import { callAll } from '../lib/peers/call-all.js';
import { CounterController } from '../lib/peers/counter.controller.js';

@Injectable()
class CallsOut implements OnApplicationShutdown {
  readonly #log = new Logger(CallsOut.name);

  async onApplicationShutdown(): Promise<void> {
    this.#log.log({ event: 'fixture.called', calls: await callAll(process.env['FIXTURE_CALLS']) });
  }
}

@Module({ controllers: [CounterController], providers: [CallsOut] })
class CallingOutModule {}

export default defineApp({ imports: [CallingOutModule] });
