/** The wiring, in process: what a test of a feature relies on when it takes the whole app and closes it again. */
import type { Server } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { keepAlive, send } from './support/http-client.js';
import { until } from '../../tools/lib/processes/until.js';
import { SampleModule, sampleSettings, SampleStore } from './apps/sample.module.js';
import { EbbModule, Foundation } from '../../src/ebb/ebb.module.js';
import { CONFIG } from '../../src/ebb/config/config.js';
import { readEnvironment } from '../../src/ebb/environment.js';
import { Readiness } from '../../src/ebb/health/readiness.js';
import { portOf } from '../../src/ebb/http/listen.js';
import { Connections } from '../../src/ebb/http/connections.js';
import { DrainingExpressAdapter } from '../../src/ebb/lifecycle/draining-express.adapter.js';
import { Lifecycle } from '../../src/ebb/lifecycle/lifecycle.js';
import { Phases } from '../../src/ebb/lifecycle/phases.js';
import { Shutdown } from '../../src/ebb/lifecycle/shutdown.js';
import { Management } from '../../src/ebb/management/management.js';
import { Metrics } from '../../src/ebb/management/metrics.js';

const reading = readEnvironment([sampleSettings], { PORT: '0', MANAGEMENT_PORT: '0', HOST: '127.0.0.1' });

/** What happened in a feature, each with the phase it happened in. */
@Injectable()
class Diary implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly entries: string[] = [];

  constructor(readonly lifecycle: Lifecycle) {}

  note(what: string): void {
    this.entries.push(`${what} (${this.lifecycle.phase})`);
  }

  onModuleDestroy(): void {
    this.note('onModuleDestroy');
  }

  beforeApplicationShutdown(): void {
    this.note('beforeApplicationShutdown');
  }

  onApplicationShutdown(): void {
    this.note('onApplicationShutdown');
  }
}

/** A request that takes until the test lets it go. */
@Controller('slow')
class SlowController {
  readonly #gate = Promise.withResolvers<void>();

  constructor(
    private readonly diary: Diary,
    readiness: Readiness,
  ) {
    readiness.add('slow', () => true);
  }

  @Get()
  async answer(): Promise<string> {
    await this.#gate.promise;
    this.diary.note('answered');
    return 'whole';
  }

  release(): void {
    this.#gate.resolve();
  }
}

@Module({ controllers: [SlowController], providers: [Diary] })
class SlowModule {}

const left: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(left.splice(0).map((app) => app.close()));
});

function compile(): Promise<TestingModule> {
  const logger = pino({ enabled: false });
  return Test.createTestingModule({
    imports: [EbbModule.with([SampleModule, SlowModule], reading, logger, new Foundation())],
  }).compile();
}

async function listen(adapter: AbstractHttpAdapter = new ExpressAdapter()): Promise<INestApplication<Server>> {
  const app = (await compile()).createNestApplication<INestApplication<Server>>(adapter, { logger: false });
  left.push(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Sends the slow request and waits until it has arrived. */
async function ask(app: INestApplication<Server>): Promise<{ answer: ReturnType<typeof send> }> {
  const answer = send(portOf(app.getHttpServer()), '/slow', { agent: keepAlive() });
  const connections = app.get(Connections);
  await until('the request', () => (connections.inFlightCount === 1 ? true : undefined));
  return { answer };
}

describe('EbbModule', () => {
  it('holds every room, and what it was given', async () => {
    const app = await compile();
    for (const room of [Connections, SampleStore, Lifecycle, Management, Metrics, Phases, Readiness, Shutdown]) {
      expect(app.get<unknown>(room, { strict: false })).toBeInstanceOf(room);
    }
    expect(app.get<unknown>(CONFIG, { strict: false })).toBe(reading.config);
  });

  it('hands every feature the same Lifecycle and Readiness, without an import', async () => {
    const app = await listen();
    expect(app.get(Diary).lifecycle).toBe(app.get(Lifecycle));
    expect(() => app.get(Readiness).add('slow', () => true)).toThrow('There is a readiness check named "slow" already');
  });

  it('can be there twice in one process: no port, metric or phase is shared', async () => {
    const [one, other] = [await listen(), await listen()];
    await one.close();
    expect(one.get(Lifecycle).phase).toBe('closing');
    expect(other.get(Lifecycle).phase).toBe('starting');
    expect(await send(portOf(other.getHttpServer()), '/a')).toMatchObject({ status: 200, body: '{"num":1}' });
    expect(await other.get(Metrics).render()).toContain('ebb_phase{phase="starting"} 1');
  });

  it('answers probes on the management port that it took', async () => {
    const app = await listen();
    expect(await send(app.get(Management).port, '/livez')).toMatchObject({ status: 200 });
  });
});

describe('app.close()', () => {
  it('of an app that never listened ends in the phase "closing"', async () => {
    const app = (await compile()).createNestApplication({ logger: false });
    await app.init();
    await app.close();
    expect(app.get(Lifecycle).phase).toBe('closing');
  });

  it('with the adapter of Ebb lets a request in flight finish before the first hook', async () => {
    const app = await listen(new DrainingExpressAdapter());
    const { answer } = await ask(app);
    const closed = app.close();
    await until('the drain', () => (app.get(Lifecycle).phase === 'draining' ? true : undefined));
    expect(app.get(Diary).entries).toEqual([]);
    app.get(SlowController).release();
    expect(await answer).toMatchObject({ status: 200, body: 'whole', headers: { connection: 'close' } });
    await closed;
    expect(app.get(Diary).entries).toEqual([
      'answered (draining)',
      'onModuleDestroy (closing)',
      'beforeApplicationShutdown (closing)',
      'onApplicationShutdown (closing)',
    ]);
  });

  it("with Nest's own adapter lets it finish all the same, before the HTTP server closes", async () => {
    const app = await listen();
    const { answer } = await ask(app);
    const closed = app.close();
    await until('the drain', () => (app.get(Lifecycle).phase === 'draining' ? true : undefined));
    app.get(SlowController).release();
    expect(await answer).toMatchObject({ status: 200, body: 'whole', headers: { connection: 'close' } });
    await closed;
    const { entries } = app.get(Diary);
    expect(entries).toContain('answered (draining)');
    expect(entries.at(-1)).toBe('onApplicationShutdown (closing)');
  });

  it.each([
    ['of Ebb', () => new DrainingExpressAdapter()],
    ['of Nest', () => new ExpressAdapter()],
  ])('with the adapter %s waits for work that no request waits for', async (_whose, adapter) => {
    const app = await listen(adapter());
    const { lifecycle } = app.get(Diary);
    const work = Promise.withResolvers<void>();
    lifecycle.waitUntil(work.promise, 'an audit record');
    const closed = app.close().then(() => app.get(Diary).note('closed'));
    await until('the drain', () => (lifecycle.phase === 'draining' ? true : undefined));
    expect(lifecycle.leaving.aborted).toBe(true);
    app.get(Diary).note('work done');
    work.resolve();
    await closed;
    const { entries } = app.get(Diary);
    expect(entries).toContain('work done (draining)');
    expect(entries.at(-1)).toBe('closed (closing)');
  });

  it('twice at once resolves twice and runs every hook once', async () => {
    const app = await listen(new DrainingExpressAdapter());
    await Promise.all([app.close(), app.close()]);
    expect(app.get(Diary).entries).toEqual([
      'onModuleDestroy (closing)',
      'beforeApplicationShutdown (closing)',
      'onApplicationShutdown (closing)',
    ]);
  });

  it('once more, after it has closed, does no harm', async () => {
    const app = await listen(new DrainingExpressAdapter());
    await app.close();
    await expect(app.close()).resolves.toBeUndefined();
    expect(app.get(Lifecycle).phase).toBe('closing');
  });

  it('leaves neither listener open', async () => {
    const app = await listen(new DrainingExpressAdapter());
    const ports = [portOf(app.getHttpServer()), app.get(Management).port];
    await app.close();
    for (const port of ports) {
      await expect(send(port, '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

describe('Lifecycle.waitUntil()', () => {
  it('throws in the phase "closing", where nothing would wait, and names the work', async () => {
    const app = await listen();
    await app.close();
    expect(() => app.get(Lifecycle).waitUntil(Promise.resolve(), 'a late record')).toThrow(
      'Nothing waits for "a late record"',
    );
  });
});
