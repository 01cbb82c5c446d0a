import { Module } from '@nestjs/common';
import { defineApp, Management } from '../../../src/ebb/index.js';
import { ordersModule } from './orders.module.js';

const [queue = '', host = ''] = process.argv.slice(2);

/** Ends the process without a word, as SIGKILL does: nobody inside of a container can send that to its first process. */
@Module({ imports: [ordersModule(queue, host)] })
class WorkerModule {
  constructor(management: Management) {
    management.add('/abort', () => process.abort());
  }
}

export default defineApp({ imports: [WorkerModule], http: false });
