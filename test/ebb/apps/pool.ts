/** Stands for the connections that all work needs. Freed in the earliest hook there is, as most libraries do it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { print } from './print.js';

/** How long it takes to close them: whatever still runs has time to notice. */
const CLOSING_MS = 700;

@Injectable()
export class Pool implements OnModuleDestroy {
  isOpen = true;

  /** @throws Error once it is closed. */
  use(): void {
    if (!this.isOpen) {
      throw new Error('The pool is closed.');
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.isOpen = false;
    print({ event: 'pool.closed' });
    await sleep(CLOSING_MS);
  }
}
