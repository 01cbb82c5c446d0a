/** Applications that cannot start, each by a trait: `node serve.js fails constructor`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Module, type OnModuleInit, Scope } from '@nestjs/common';
import { Transport } from '@nestjs/microservices';
import { defineApp, settings, type Settings, url } from '#ebb';

const trait = process.argv[3] ?? '';

const broken = {
  'common-js': () => import('./fails/common-js.js'),
  'missing-export': () => import('./fails/missing-export.js'),
  'missing-package': () => import('./fails/missing-package.js'),
  'missing-file': () => import('./fails/missing-file.js'),
  'throws-at-import': () => import('./fails/throws-at-import.js'),
}[trait];

await broken?.();

if (trait === 'endless-await') {
  await new Promise(() => undefined);
}

@Injectable()
class OrdersService implements OnModuleInit {
  constructor() {
    if (trait === 'constructor') {
      throw new Error('no ledger to write to');
    }
    if (trait === 'late-rejection') {
      void Promise.reject(new Error('the cache is gone'));
    }
  }

  async onModuleInit(): Promise<void> {
    if (trait === 'init-hook' || trait === 'init-hook-beside') {
      await sleep(10);
      throw new Error('the migration failed');
    }
  }
}

/** Its hook runs beside that of the service, and longer. */
@Injectable()
class OrdersCache implements OnModuleInit {
  async onModuleInit(): Promise<void> {
    if (trait === 'init-hook-beside') {
      await sleep(5_000);
    }
  }
}

/** One for each that injects it. */
@Injectable({ scope: Scope.TRANSIENT })
class OrdersBuffer implements OnModuleInit {
  static made = 0;
  readonly #number = (OrdersBuffer.made += 1);

  async onModuleInit(): Promise<void> {
    if (trait === 'transient-init') {
      await sleep(this.#number === 1 ? 2_000 : 60_000);
    }
  }
}

const buffers = ['READS', 'WRITES'].map((provide) => ({
  provide,
  useFactory: (buffer: OrdersBuffer) => buffer,
  inject: [OrdersBuffer],
}));

@Injectable()
class NeedsOrders {
  constructor(readonly orders: OrdersService) {}
}

interface Clock {
  now(): number;
}

/** Its dependency is an interface, which is gone at run time. */
@Injectable()
class NeedsClock {
  constructor(readonly clock: Clock) {}
}

const orderSettings = settings({ ORDERS_URL: url({ fallback: 'http://orders' }) });

/** Of settings that nobody lists in `defineApp`. */
@Injectable()
class NeedsSettings {
  constructor(@Inject(orderSettings) readonly values: Settings<typeof orderSettings>) {}
}

const database = {
  provide: 'DATABASE',
  useFactory: async () => {
    await sleep(trait === 'slow-factory' ? 60_000 : 20);
    if (trait === 'factory') {
      // As a driver rejects: no line of the application is in its stack.
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { stack: 'Error: connect ECONNREFUSED' });
    }
    return {};
  },
};

@Injectable()
class NeedsDatabase {
  constructor(readonly orders: OrdersService) {}
}

const needs = { provide: 'REPOSITORY', useFactory: (it: object) => it, inject: ['DATABASE'] };

@Module({
  providers: [
    OrdersCache,
    OrdersBuffer,
    ...buffers,
    ...(trait === 'unknown-dependency' ? [] : [OrdersService]),
    ...(trait === 'interface' ? [NeedsClock] : []),
    ...(trait === 'unlisted-settings' ? [NeedsSettings] : []),
    NeedsOrders,
    NeedsDatabase,
    database,
    needs,
  ],
})
class OrdersModule {}

const app = defineApp({
  imports: [OrdersModule],
  async setup(nest) {
    if (trait === 'setup') {
      throw new TypeError('undefined is not a prefix');
    }
    if (trait === 'exits-0') {
      process.exit(0);
    }
    if (trait === 'inits') {
      await nest.init();
    }
    if (trait === 'exits-1') {
      process.exit(3);
    }
    if (trait === 'missing-peer') {
      // As Nest does for a package that only some applications need.
      nest.connectMicroservice({ transport: Transport.KAFKA });
      await nest.startAllMicroservices();
    }
    if (trait === 'listens') {
      await nest.listen(0);
    }
  },
  ...(trait === 'unknown-option' ? { feature: [] } : {}),
  ...(trait === 'body-limit' ? { http: { bodyLimit: '10m' } } : {}),
  ...(trait === 'forbidden-option' ? { nest: { forceCloseConnections: true } as object } : {}),
});

export default trait === 'no-app' ? {} : app;
