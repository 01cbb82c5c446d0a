import { Controller, Get, Module, Res } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { metricsPage } from './metrics.js';

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  @Get('readyz')
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.indicators.check('process').up()]);
  }

  @Get('metrics')
  async metrics(@Res() response: Response): Promise<void> {
    response.type('text/plain').send(await metricsPage());
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController] })
export class HealthModule {}
