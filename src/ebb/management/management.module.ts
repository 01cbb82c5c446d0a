import { Global, Module } from '@nestjs/common';
import { ManagementListener } from './management-listener.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** Global, so that Nest opens its listener before any feature starts and closes it after all of them. */
@Global()
@Module({ controllers: [MetricsController], providers: [ManagementListener, Metrics] })
export class ManagementModule {}
