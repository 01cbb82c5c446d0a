import { Controller, Get, Header } from '@nestjs/common';
import { Metrics } from './metrics.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('Content-Type', Metrics.contentType)
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
