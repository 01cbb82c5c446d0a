import { type DynamicModule, Global, HttpException, Module } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Probes } from './probes.js';
import { Readiness } from './readiness.js';

/** Global, so that a feature can add a check without importing anything but {@link Readiness}. */
@Global()
@Module({})
export class HealthModule {
  /** @param probes which answer before the application is built, and ask terminus as soon as it is. */
  static with(probes: Probes): DynamicModule {
    return {
      module: HealthModule,
      // Terminus' own logger writes an error at every probe of a pod that is leaving; Readiness logs what changes.
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [Readiness, { provide: Probes, useValue: probes }],
      exports: [Readiness],
    };
  }

  constructor(probes: Probes, health: HealthCheckService, readiness: Readiness) {
    probes.askForReadiness(async () => {
      try {
        return { isReady: true, body: await health.check(readiness.indicatorFunctions()) };
      } catch (error) {
        // What terminus throws when a check fails; its body names the check.
        if (error instanceof HttpException) {
          return { isReady: false, body: error.getResponse() };
        }
        throw error;
      }
    });
  }
}
