import { Controller, Get, Header, ServiceUnavailableException, UseFilters } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { HealthFilter } from './health.filter.js';
import { Readiness } from './readiness.js';

/** The three probes of the kubelet, on the management listener. */
@Controller()
@UseFilters(HealthFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: Readiness,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Whether the process can answer, and nothing else: it stays 200 while the pod leaves. A restart by the kubelet would
   * cut the very requests the drain waits for. Not a terminus check: those turn 503 as soon as Nest's hooks run.
   */
  @Get('livez')
  @Header('Cache-Control', 'no-store')
  livez(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether new requests should come here. */
  @Get('readyz')
  @HealthCheck()
  readyz(): Promise<HealthCheckResult> {
    return this.health.check(this.readiness.indicatorFunctions());
  }

  /** Whether the start is over, once and for all. */
  @Get('startupz')
  @Header('Cache-Control', 'no-store')
  startupz(): { status: 'ok' } {
    if (this.lifecycle.phase === 'starting') {
      throw new ServiceUnavailableException({ status: 'starting' });
    }
    return { status: 'ok' };
  }
}
