/** The counter's shape, for tests that must not depend on the sample of `src/features`, which users delete. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Injectable, Module, type OnModuleDestroy, Query } from '@nestjs/common';
import { z } from 'zod';
import { Readiness, seconds, settings, type Settings } from '#ebb';

export const sampleSettings = settings({ SAMPLE_DELAY_SECONDS: seconds(9) });

const delayMessage = 'must be a number of seconds from 0 to 60, decimals allowed';

const waitQuery = z.object({
  delay: z
    .string({ error: delayMessage })
    .refine((text) => /^\d+(\.\d+)?$/.test(text) && Number(text) <= 60, delayMessage)
    .transform(Number)
    .optional(),
});

@Injectable()
export class SampleStore implements OnModuleDestroy {
  isOpen = true;
  #num = 0;

  increment(): { num: number } {
    if (!this.isOpen) {
      throw new Error('The store was used after it was freed.');
    }
    this.#num += 1;
    return { num: this.#num };
  }

  onModuleDestroy(): void {
    this.isOpen = false;
  }
}

@Controller()
class SampleController {
  constructor(
    private readonly store: SampleStore,
    @Inject(sampleSettings) private readonly own: Settings<typeof sampleSettings>,
  ) {}

  @Get()
  async wait(@Query({ schema: waitQuery }) { delay }: z.infer<typeof waitQuery>): Promise<{ num: number }> {
    await sleep((delay ?? this.own.SAMPLE_DELAY_SECONDS) * 1_000);
    return this.store.increment();
  }

  @Get('a')
  count(): { num: number } {
    return this.store.increment();
  }
}

@Module({ controllers: [SampleController], providers: [SampleStore] })
export class SampleModule {
  constructor(readiness: Readiness, store: SampleStore) {
    readiness.add('sample', () => store.isOpen);
  }
}
