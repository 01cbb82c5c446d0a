import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Global, so that a feature can add a check without importing anything but {@link Readiness}. */
@Global()
@Module({
  // Terminus' own logger writes an error at every probe of a pod that is leaving; Readiness logs what changes.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Readiness],
  exports: [Readiness],
})
export class HealthModule {}
