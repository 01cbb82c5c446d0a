import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { ProxiedClients } from '../sidecars/proxied-clients.js';
import { Sidecars } from '../sidecars/sidecars.js';
import { Connections } from './connections.js';
import { DrainingExpressAdapter } from './draining-express.adapter.js';
import { HookWatch } from './hook-watch.js';
import { Lifecycle } from './lifecycle.js';
import { Phases } from './phases.js';
import { Shutdown } from './shutdown.js';
import { TrackedWork } from './tracked-work.js';

/** Global, so that features can inject {@link Lifecycle}, and so that Nest starts it first and ends it last. */
@Global()
@Module({
  providers: [Connections, HookWatch, Lifecycle, Phases, ProxiedClients, Shutdown, Sidecars, TrackedWork],
  exports: [Connections, Lifecycle, Phases],
})
export class LifecycleModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost<AbstractHttpAdapter<Server, IncomingMessage, ServerResponse>>,
    private readonly connections: Connections,
    private readonly hooks: HookWatch,
    private readonly shutdown: Shutdown,
  ) {}

  onModuleInit(): void {
    const adapter = this.host.httpAdapter;
    this.connections.attach(adapter.getHttpServer());
    if (adapter instanceof DrainingExpressAdapter) {
      adapter.drainWith(() => this.shutdown.drain());
    }
    this.hooks.watch();
  }

  async onApplicationShutdown(signal?: string): Promise<void> {
    // The last hook of all: nobody needs them any more.
    await this.shutdown.quitSidecars();
    // After a signal the process says so itself, when it exits.
    if (signal === undefined) {
      this.shutdown.complete();
    }
  }
}
