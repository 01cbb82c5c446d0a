import { Controller, Get, Module } from '@nestjs/common';

/** Of a peer without health checks: it listens, so it is ready. */
@Controller('readyz')
class ReadyController {
  @Get()
  ready(): { readonly status: string } {
    return { status: 'ok' };
  }
}

@Module({ controllers: [ReadyController] })
export class ReadyModule {}
