import { InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, Get, HttpCode, Param, Post, ServiceUnavailableException } from '@nestjs/common';
import { Queue } from 'bullmq';
import { z } from 'zod';
import { JobsStore } from './jobs.store.js';

const charge = z.object({ amount: z.number().positive() });

@Controller('charges')
export class JobsController {
  constructor(
    private readonly store: JobsStore,
    @InjectQueue('jobs') private readonly queue: Queue,
  ) {}

  /** Answers when the job is in the queue. An order that is sent twice is one job. */
  @Post(':order')
  @HttpCode(202)
  async add(
    @Param('order') order: string,
    @Body({ schema: charge }) { amount }: z.infer<typeof charge>,
  ): Promise<void> {
    this.#refuseWithoutRedis();
    await this.queue.add('charge', { amount }, { jobId: `charge-${order}` });
  }

  @Get(':order')
  async find(@Param('order') order: string): Promise<{ charged: number | null }> {
    this.#refuseWithoutRedis();
    const amount = await this.store.charged(`charge-${order}`);
    return { charged: amount === null ? null : Number(amount) };
  }

  /** Instead of a request that waits until it is back. */
  #refuseWithoutRedis(): void {
    if (!this.store.isUp) {
      throw new ServiceUnavailableException('There is no connection to Redis.');
    }
  }
}
