import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from './config.js';
import type { SettingsValues } from './settings.js';

/** Makes the {@link Config} and the settings of features injectable everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static with(config: Config, settings: SettingsValues): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      ...Array.from(settings, ([provide, useValue]) => ({ provide, useValue })),
    ];
    return { module: ConfigModule, providers, exports: providers };
  }
}
