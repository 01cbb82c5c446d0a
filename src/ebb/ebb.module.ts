import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { CounterModule } from '../features/counter/counter.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { ManagementModule } from './management/management.module.js';

/** Add yours here. */
export const FEATURES: readonly Type[] = [CounterModule];

/** The list of rooms. */
@Module({})
export class AppModule {
  static with(config: Config, logger: Logger, features = FEATURES): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        LoggingModule.with(logger),
        LifecycleModule,
        ManagementModule,
        HealthModule,
        HttpModule,
        ...features,
      ],
    };
  }
}
