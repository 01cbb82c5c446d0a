import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ProxiedClients } from '../sidecars/proxied-clients.js';
import { Sidecars } from '../sidecars/sidecars.js';
import { CONFIG, type Config } from '../config/config.js';
import { connectionLimit } from '../http/connection-limit.js';
import { Connections } from '../http/connections.js';
import { Delivery } from '../http/delivery.js';
import { endSlowUploads } from '../http/slow-uploads.js';
import { Libraries, OWN_LIBRARIES } from '../libraries/libraries.js';
import type { Library } from '../libraries/library.js';
import { Messages } from '../messages/messages.js';
import { DrainingExpressAdapter } from './draining-express.adapter.js';
import { HookWatch } from './hook-watch.js';
import { instancesOf } from './hooks.js';
import { Lifecycle } from './lifecycle.js';
import { Phases } from './phases.js';
import { Shutdown } from './shutdown.js';
import { StartProgress } from './start-progress.js';
import { StartWatch } from './start-watch.js';
import { Gateways } from '../sockets/gateways.js';
import { Sockets } from '../sockets/sockets.js';
import { Changes } from '../work/changes.js';
import { TrackedWork } from '../work/tracked-work.js';
import { Work } from '../work/work.js';
import { ForeignListeners } from './foreign-listeners.js';
import { LameDuck } from './lame-duck.js';
import { LastWords } from './last-words.js';
import { Timeline } from './timeline.js';

/** Global, so that features can inject {@link Lifecycle}, and so that Nest starts it first and ends it last. */
@Global()
@Module({})
export class LifecycleModule implements OnModuleInit, OnApplicationShutdown {
  /**
   * @param phases the one state, which probes may have been told of already.
   * @param libraries those of the application's own whose hooks are called early.
   */
  static with(phases: Phases, progress: StartProgress, libraries: readonly Library[]): DynamicModule {
    return {
      module: LifecycleModule,
      providers: [
        // First of all, so that it knows of whatever fails after it.
        StartWatch,
        { provide: StartProgress, useValue: progress },
        { provide: Phases, useValue: phases },
        { provide: OWN_LIBRARIES, useValue: libraries },
        Changes,
        Connections,
        Delivery,
        ForeignListeners,
        Gateways,
        HookWatch,
        LameDuck,
        LastWords,
        Libraries,
        Lifecycle,
        Messages,
        ProxiedClients,
        Shutdown,
        Sidecars,
        Sockets,
        Timeline,
        TrackedWork,
        Work,
      ],
      exports: [Connections, Lifecycle, Phases],
    };
  }

  constructor(
    private readonly host: HttpAdapterHost<AbstractHttpAdapter<Server, IncomingMessage, ServerResponse>>,
    @Inject(CONFIG) private readonly config: Config,
    private readonly connections: Connections,
    private readonly hooks: HookWatch,
    private readonly shutdown: Shutdown,
    private readonly lastWords: LastWords,
    private readonly sockets: Sockets,
    gateways: Gateways,
    private readonly modules: ModulesContainer,
    private readonly libraries: Libraries,
    messages: Messages,
    work: Work,
    trackedWork: TrackedWork,
  ) {
    work.add(connections);
    work.add(sockets);
    work.add(gateways);
    work.add(messages);
    work.add(trackedWork);
  }

  onModuleInit(): void {
    const adapter = this.host.httpAdapter;
    const server = adapter.getHttpServer();
    this.connections.attach(server);
    this.sockets.attach(server);
    const limit = this.config.maxConnections ?? connectionLimit();
    Object.assign(server, limit === undefined ? {} : { maxConnections: limit });
    endSlowUploads(this.connections, this.config.uploadPauseMs);
    if (adapter instanceof DrainingExpressAdapter) {
      adapter.drainWith(() => this.shutdown.drain());
    }
    // Within what watches the hooks, which so knows them by their own names.
    this.libraries.watch(instancesOf(this.modules));
    this.hooks.watch();
  }

  async onApplicationShutdown(signal?: string): Promise<void> {
    await this.shutdown.end();
    // After a signal the process says so itself, when it exits.
    if (signal === undefined) {
      this.lastWords.say();
    }
  }
}
