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
import { MetricsPage } from './metrics-page.js';

/** Global, so that any feature can add a page or a metric, and so that Nest closes the listener after all of them. */
@Global()
@Module({})
export class ManagementModule implements OnModuleInit, OnApplicationShutdown {
  /** @param management whose listener may be open already, and `page`, which is on it. */
  static with(management: Management, page: MetricsPage): DynamicModule {
    return {
      module: ManagementModule,
      providers: [{ provide: Management, useValue: management }, { provide: MetricsPage, useValue: page }, Metrics],
      exports: [Management, Metrics],
    };
  }

  constructor(
    private readonly management: Management,
    metrics: Metrics,
    page: MetricsPage,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    page.show(() => metrics.render());
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
