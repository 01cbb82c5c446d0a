import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Cat } from './cat.js';

/** Stands for a database, whose module closes its connections in the same hook. */
@Injectable()
export class CatsService implements OnModuleDestroy {
  private readonly cats: Cat[] = [{ name: 'Tom', age: 3 }];
  private isOpen = true;

  findAll(): Cat[] {
    this.assertOpen();
    return this.cats;
  }

  async findSlowly(seconds: number): Promise<Cat[]> {
    await sleep(seconds * 1_000);
    return this.findAll();
  }

  create(cat: Cat): Cat {
    this.assertOpen();
    this.cats.push(cat);
    return cat;
  }

  onModuleDestroy(): void {
    this.isOpen = false;
  }

  private assertOpen(): void {
    if (!this.isOpen) {
      throw new Error('The connection to the cats is closed.');
    }
  }
}
