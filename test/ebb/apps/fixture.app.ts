/**
 * The sample with one more feature, which does what business code does to a shutdown. Traits on the command line switch the
 * unfriendly ones on: `node serve.js fixture hook-throws`.
 */
import { readFileSync } from 'node:fs';
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { defineApp, Lifecycle } from '#ebb';
import { AnswersController } from './fixture/answers.controller.js';
import { AlsoNeedsBuffered, Buffered, EarlyTeardown, LateTeardown, Meter, NeedsBuffered } from './fixture/hooks.js';
import { touchProcess } from './fixture/process.js';
import { traits } from './fixture/traits.js';
import { WorkController } from './fixture/work.controller.js';
import { SampleModule, sampleSettings } from './sample.module.js';

@Module({
  controllers: [AnswersController, WorkController],
  providers: [
    Buffered,
    EarlyTeardown,
    LateTeardown,
    NeedsBuffered,
    ...(traits.has('transient-twice') ? [AlsoNeedsBuffered] : []),
  ],
})
class FixtureModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(Meter).forRoutes(AnswersController, WorkController);
  }
}

touchProcess();

/** A key and a certificate in one file. */
const pem = process.env['FIXTURE_PEM'];

export default defineApp({
  imports: [SampleModule, FixtureModule],
  settings: [sampleSettings],
  nest: pem === undefined ? {} : { httpsOptions: { key: readFileSync(pem, 'utf8'), cert: readFileSync(pem, 'utf8') } },
  setup(app) {
    if (traits.has('closes-itself')) {
      const timer = setInterval(() => {
        if (app.get(Lifecycle).phase === 'ready') {
          clearInterval(timer);
          void app.close();
        }
      }, 5);
    }
  },
});
