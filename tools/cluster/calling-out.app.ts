/** An application whose last hook of all, in the last moment before it exits, calls others, those in `FIXTURE_CALLS`. */
import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { defineApp } from '../../src/ebb/index.js';
import { callAll } from '../lib/peers/call-all.js';
import { PeerModule } from '../lib/peers/peer.module.js';

@Injectable()
class CallsOut implements OnApplicationShutdown {
  readonly #log = new Logger(CallsOut.name);

  async onApplicationShutdown(): Promise<void> {
    this.#log.log({ event: 'fixture.called', calls: await callAll(process.env['FIXTURE_CALLS']) });
  }
}

@Module({ imports: [PeerModule], providers: [CallsOut] })
class CallingOutModule {}

export default defineApp({
  imports: [CallingOutModule],
  setup(app) {
    app.useWebSocketAdapter(new WsAdapter(app));
  },
});
