import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config } from '../../ebb/config/config.js';
import { CounterStore } from './counter.store.js';

const LONGEST_DELAY_SECONDS = 60;

const delayMessage = `must be a number of seconds from 0 to ${LONGEST_DELAY_SECONDS}, decimals allowed`;

const waitQuery = z.object({
  delay: z
    .string({ error: delayMessage })
    .refine((text) => /^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST_DELAY_SECONDS, delayMessage)
    .transform((text) => Number(text) * 1_000)
    .optional(),
});

@Controller()
export class CounterController {
  constructor(
    private readonly store: CounterStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Counts after a while: the slow request that a pod must not lose. */
  @Get()
  async wait(@Query({ schema: waitQuery }) { delay }: z.infer<typeof waitQuery>): Promise<{ num: number }> {
    await sleep(delay ?? this.config.counterDelayMs);
    return { num: this.store.increment() };
  }

  /** Counts at once. */
  @Get('a')
  count(): { num: number } {
    return { num: this.store.increment() };
  }
}
