/**
 * The sidecars of this pod while it leaves: told to drain, told to quit. Nothing here rejects or hangs: a sidecar that is
 * dead or slow costs a warning and never a request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import { ask, questionAt } from './ask.js';
import type { SidecarConfig, SidecarInPod } from './sidecar-config.js';

/** Before the one retry: a proxy that is just being restarted may be back. */
const RETRY_AFTER_MS = 250;

/**
 * A proxy has the last answers when the service has written them, and its clients do a little later. Told to quit it ends at
 * once, with whatever it still holds.
 */
const PASS_ON_MS = 500;

/** What each sidecar did when it was told something, by name. */
export type Answers = Readonly<Record<string, string>>;

@Injectable()
export class Sidecars {
  readonly #logger = new Logger('Sidecars');
  readonly #inbound: readonly SidecarInPod[];
  #quitting: Promise<void> | undefined;

  constructor(@Inject(CONFIG) private readonly config: SidecarConfig) {
    this.#inbound = config.sidecars.filter(({ carriesInbound }) => carriesInbound);
  }

  /** Whether requests come through one of them. */
  get carryInbound(): boolean {
    return this.#inbound.length > 0;
  }

  /** Tells all that carry inbound traffic to drain. The calls are on their way when it returns. */
  drain(): Promise<Answers> {
    return this.#tell(this.#inbound, 'drain');
  }

  /** Tells those to quit that `SIDECAR_QUIT` names: the last step of all. Idempotent. */
  quit(): Promise<void> {
    this.#quitting ??= this.#quit();
    return this.#quitting;
  }

  async #quit(): Promise<void> {
    const { sidecarsToQuit } = this.config;
    if (sidecarsToQuit.length === 0) {
      return;
    }
    if (sidecarsToQuit.some(({ carriesInbound }) => carriesInbound)) {
      await sleep(PASS_ON_MS);
    }
    const sidecars = await this.#tell(sidecarsToQuit, 'quit');
    this.#logger.log({ sidecars }, 'The sidecars were told to quit');
  }

  async #tell(sidecars: readonly SidecarInPod[], what: 'drain' | 'quit'): Promise<Answers> {
    return Object.fromEntries(
      await Promise.all(sidecars.map(async (sidecar) => [sidecar.name, await this.#tellOne(sidecar, what)] as const)),
    );
  }

  async #tellOne(sidecar: SidecarInPod, what: 'drain' | 'quit'): Promise<string> {
    const { name, quitUrl = sidecar.url } = sidecar;
    const call = sidecar[what];
    if (call === undefined) {
      return `has no call to ${what}`;
    }
    const url = what === 'quit' ? quitUrl : sidecar.url;
    let answer = await ask(url, call);
    if (!answer.isYes) {
      await sleep(RETRY_AFTER_MS);
      answer = await ask(url, call);
    }
    if (answer.isYes) {
      return 'yes';
    }
    const request = questionAt(url, call);
    this.#logger.warn(
      { sidecar: name, request },
      `Sidecar ${name} could not be told to ${what}: it ${answer.did}, twice (${request})`,
    );
    return answer.did;
  }
}
