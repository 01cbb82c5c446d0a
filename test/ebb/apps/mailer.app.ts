/**
 * A library that nobody knows, which takes work by itself and says goodbye in the last hook of all: `node serve.js mailer row`.
 * Traits on the command line say how its row reads and what is wrong with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { defineApp, type Library } from '#ebb';
import { Pool } from './pool.js';

const traits = new Set(process.argv.slice(3));
const logger = new Logger('MailSender');

/** The library's. */
@Injectable()
class MailSender implements OnApplicationBootstrap, OnApplicationShutdown {
  send: (mail: number) => Promise<void>;
  readonly #ended = Promise.withResolvers<void>();
  #isStopped = false;
  #isCut = false;

  constructor(private readonly pool: Pool) {
    this.send = async (mail) => {
      logger.log({ event: 'mail.taken', mail });
      const endAt = performance.now() + (traits.has('endless') ? 60_000 : 300);
      while (performance.now() < endAt && !this.#isCut) {
        await sleep(10);
      }
      logger.log({ event: 'mail.sent', mail, onClosedPool: !this.pool.isOpen });
    };
  }

  onApplicationBootstrap(): void {
    void this.#loop();
  }

  async onApplicationShutdown(): Promise<void> {
    logger.log({ event: 'mail.goodbye' });
    this.#isStopped = true;
    if (traits.has('throws')) {
      throw new Error('the outbox is locked');
    }
    await (traits.has('hangs') ? new Promise(() => undefined) : this.#ended.promise);
  }

  cut(): void {
    this.#isCut = true;
  }

  async #loop(): Promise<void> {
    for (let mail = 1; !this.#isStopped; mail += 1) {
      await this.send(mail);
    }
    this.#ended.resolve();
  }
}

/** As an application writes it: by hand, of the few members that it uses. */
const row: Library<MailSender> = {
  name: 'mail-sender',
  work: 'mails',
  provider: traits.has('misspelt') ? 'MailSenter' : 'MailSender',
  hook: traits.has('wrong-hook') ? 'onModuleDestroy' : 'onApplicationShutdown',
};

const watched: Library<MailSender> = {
  ...row,
  watch(sender, runs) {
    sender.send = runs.track(sender.send, (mail) => `mail ${mail}`);
  },
  handBack(sender) {
    logger.log({ event: 'mail.told', isTheProvider: sender instanceof MailSender });
    if (traits.has('listens')) {
      sender.cut();
    }
  },
  cut() {
    logger.log({ event: 'mail.cut' });
    throw new Error('nothing to cut');
  },
};

@Module({ providers: [Pool, MailSender] })
class MailModule {}

export default defineApp({
  imports: [MailModule],
  libraries: [
    ...(traits.has('row') ? [row] : []),
    ...(traits.has('watched') ? [watched] : []),
    ...(traits.has('twice') ? [row] : []),
    ...(traits.has('nameless') ? [{ ...row, name: '' }] : []),
  ],
});
