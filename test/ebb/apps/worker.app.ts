/** A worker, which nobody calls: it works until it is told to leave. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { defineApp, Lifecycle } from '#ebb';

@Injectable()
class Worker implements OnApplicationBootstrap, OnModuleDestroy {
  #isFreed = false;

  constructor(private readonly lifecycle: Lifecycle) {}

  onApplicationBootstrap(): void {
    this.lifecycle.waitUntil(this.#work(), 'the loop');
  }

  onModuleDestroy(): void {
    this.#isFreed = true;
  }

  async #work(): Promise<void> {
    while (!this.lifecycle.leaving.aborted) {
      process.stdout.write(`${JSON.stringify({ round: this.#isFreed ? 'freed' : 'begun' })}\n`);
      await sleep(100);
      process.stdout.write(`${JSON.stringify({ round: this.#isFreed ? 'freed' : 'done' })}\n`);
    }
  }
}

@Module({ providers: [Worker] })
class WorkerModule {}

export default defineApp({ imports: [WorkerModule], http: false });
