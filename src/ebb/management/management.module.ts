import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { Management } from './management.js';
import { Metrics } from './metrics.js';

/** Global, so that any feature can add a page or a metric, and so that Nest closes the listener after all of them. */
@Global()
@Module({})
export class ManagementModule implements OnModuleInit, OnApplicationShutdown {
  /** @param management whose listener may be open already. */
  static with(management: Management): DynamicModule {
    return {
      module: ManagementModule,
      providers: [{ provide: Management, useValue: management }, Metrics],
      exports: [Management, Metrics],
    };
  }

  constructor(
    private readonly management: Management,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    management.add('/metrics', async (_request, response) => {
      const text = await this.metrics.render();
      response.writeHead(200, { 'Content-Type': Metrics.contentType }).end(text);
    });
  }

  async onModuleInit(): Promise<void> {
    await this.management.open(this.config.managementPort, this.config.host);
  }

  onApplicationShutdown(signal?: string): void {
    // After a signal it answers until the process exits: /livez stays 200 to the very end.
    if (signal === undefined) {
      this.management.close();
    }
  }
}
