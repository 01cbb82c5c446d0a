import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/**
 * Stands for whatever a feature holds open: a pool, a client, a file. It is freed in a plain Nest hook, the earliest
 * there is. That is safe in Ebb, because no hook runs before the last request is answered.
 */
@Injectable()
export class CounterStore implements OnModuleDestroy {
  #num = 0;
  #isOpen = true;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws Error once it is freed. */
  increment(): number {
    if (!this.#isOpen) {
      throw new Error('The counter was used after it was freed.');
    }
    this.#num += 1;
    return this.#num;
  }

  onModuleDestroy(): void {
    this.#isOpen = false;
  }
}
