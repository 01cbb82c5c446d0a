import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { ConfigModule } from './config/config.module.js';
import type { App, AppDefinition } from './define-app.js';
import { readEnvironment, type EnvironmentReading } from './environment.js';
import { HealthModule } from './health/health.module.js';
import { Probes } from './health/probes.js';
import { HttpModule } from './http/http.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { Phases } from './lifecycle/phases.js';
import { StartProgress } from './lifecycle/start-progress.js';
import { LoggingModule } from './logging/logging.module.js';
import { Management } from './management/management.js';
import { ManagementModule } from './management/management.module.js';
import { MetricsPage } from './management/metrics-page.js';

/** What is there before the application is built: whoever probes the pod meanwhile is answered from it. */
export class Foundation {
  readonly phases = new Phases();
  readonly progress = new StartProgress();
  readonly management = new Management();
  readonly metricsPage = new MetricsPage(this.management);
  readonly probes = new Probes(this.management, this.phases, this.progress);
}

/** The root of the application: Ebb's own modules, and the user's. */
@Module({})
export class EbbModule {
  /**
   * For a test of a feature in process:
   * `Test.createTestingModule({ imports: [EbbModule.forTest({ imports: [CounterModule], settings: [counterSettings] })] })`.
   * It logs nothing, and both listeners take free ports of 127.0.0.1. `setup`, `nest` and `http` are not applied: they belong
   * to an application that is served.
   *
   * @param env the whole environment: nothing of the real one is read.
   * @throws ConfigurationError when `env` is refused.
   */
  static forTest(app: App | AppDefinition, env: Readonly<Record<string, string>> = {}): DynamicModule {
    const { imports = [], settings = [], libraries = [] } = app;
    const reading = readEnvironment(settings, { PORT: '0', MANAGEMENT_PORT: '0', HOST: '127.0.0.1', ...env });
    return EbbModule.with(imports, reading, pino({ enabled: false }), new Foundation(), libraries);
  }

  /** @internal */
  static with(
    imports: NonNullable<AppDefinition['imports']>,
    { config, settings }: EnvironmentReading,
    logger: Logger,
    { management, metricsPage, phases, probes, progress }: Foundation,
    libraries: NonNullable<AppDefinition['libraries']> = [],
  ): DynamicModule {
    return {
      module: EbbModule,
      imports: [
        ConfigModule.with(config, settings),
        LoggingModule.with(logger),
        LifecycleModule.with(phases, progress, libraries),
        ManagementModule.with(management, metricsPage),
        HealthModule.with(probes),
        HttpModule,
        ...imports,
      ],
    };
  }
}
