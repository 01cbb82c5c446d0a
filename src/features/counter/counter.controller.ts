import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Settings } from '#ebb';
import { counterSettings } from './counter.settings.js';
import { CounterStore } from './counter.store.js';

const LONGEST_DELAY_SECONDS = 60;

const delayMessage = `must be a number of seconds from 0 to ${LONGEST_DELAY_SECONDS}, decimals allowed`;

const waitQuery = z.object({
  delay: z
    .string({ error: delayMessage })
    .refine((text) => /^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST_DELAY_SECONDS, delayMessage)
    .transform(Number)
    .optional(),
});

@Controller()
export class CounterController {
  constructor(
    private readonly store: CounterStore,
    @Inject(counterSettings) private readonly settings: Settings<typeof counterSettings>,
  ) {}

  /** Counts after a while: the slow request that a pod must not lose. */
  @Get()
  async wait(@Query({ schema: waitQuery }) { delay }: z.infer<typeof waitQuery>): Promise<{ num: number }> {
    await sleep((delay ?? this.settings.COUNTER_DELAY_SECONDS) * 1_000);
    return { num: this.store.increment() };
  }

  /** Counts at once. */
  @Get('a')
  count(): { num: number } {
    return { num: this.store.increment() };
  }
}
