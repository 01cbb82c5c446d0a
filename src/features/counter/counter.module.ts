import { Module } from '@nestjs/common';
import { Readiness } from '#ebb';
import { CounterController } from './counter.controller.js';
import { CounterStore } from './counter.store.js';

/** The sample to copy. */
@Module({ controllers: [CounterController], providers: [CounterStore] })
export class CounterModule {
  constructor(readiness: Readiness, store: CounterStore) {
    readiness.add('counter', () => store.isOpen);
  }
}
