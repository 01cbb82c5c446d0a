import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Query } from '@nestjs/common';

const DEFAULT_DELAY_SECONDS = 9;

/** The routes that the load asks for unless it is told others. Every peer has them, so that no tool needs the sample's. */
@Controller()
export class CounterController {
  #num = 0;

  @Get()
  async wait(@Query('delay') delay?: string): Promise<{ num: number }> {
    await sleep(Number(delay ?? DEFAULT_DELAY_SECONDS) * 1_000);
    return this.count();
  }

  @Get('a')
  count(): { num: number } {
    this.#num += 1;
    return { num: this.#num };
  }
}
