import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { ANSWER } from './answer.js';

/** The routes of every subject that is a Nest application. */
@Controller()
class HelloController {
  @Get()
  hello(): typeof ANSWER {
    return ANSWER;
  }

  /** For a request that is in flight when its process is told to go. */
  @Get('wait')
  async wait(@Query('seconds') seconds: string): Promise<typeof ANSWER> {
    await sleep(Number(seconds) * 1_000);
    return ANSWER;
  }
}

@Module({ controllers: [HelloController] })
export class HelloModule {}
