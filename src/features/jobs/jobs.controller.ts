import { InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
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
    await this.queue.add('charge', { amount }, { jobId: `charge-${order}` });
  }

  @Get(':order')
  async find(@Param('order') order: string): Promise<{ charged: number | null }> {
    const amount = await this.store.charged(`charge-${order}`);
    return { charged: amount === null ? null : Number(amount) };
  }
}
