/**
 * The sidecars of this pod while it leaves: told to drain, asked who is still connected to them, told to quit. Nothing here
 * rejects or hangs: a sidecar that is dead or slow costs a warning and never a request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config, type SidecarInPod } from '../config/config.js';
import { ask } from './ask.js';

/** What a sidecar may take for an answer. It is in the same pod, and a healthy one answers within milliseconds. */
const ANSWER_LIMIT_MS = 1_000;

/** Before the one retry: a proxy that is just being restarted may be back. */
const RETRY_AFTER_MS = 250;

/** How often a proxy is asked who is connected to it. */
const COUNT_EVERY_MS = 100;

/** What each sidecar did when it was told something, by name. */
export type Answers = Readonly<Record<string, string>>;

@Injectable()
export class Sidecars {
  readonly #logger = new Logger('Sidecars');
  readonly #inbound: readonly SidecarInPod[];
  #isCounting = false;
  #connected: number | undefined;
  #everConnected: number | undefined;
  #lastConnectedAt = -Infinity;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.#inbound = config.sidecars.filter(({ carriesInbound }) => carriesInbound);
  }

  /** Whether requests come through one of them. */
  get carryInbound(): boolean {
    return this.#inbound.length > 0;
  }

  /**
   * How many clients are connected to those that carry inbound traffic; undefined while {@link drain} has not had their
   * answers, and for ever if one of them does not tell.
   */
  get connected(): number | undefined {
    return this.#connected;
  }

  /** When another client was seen to have connected to one of them, as `performance.now()` counts; -Infinity if never. */
  get lastConnectedAt(): number {
    return this.#lastConnectedAt;
  }

  /** Tells all that carry inbound traffic to drain, and counts their clients from then on. */
  async drain(): Promise<Answers> {
    this.#isCounting = true;
    const answers = await this.#tell(this.#inbound, 'drain');
    void this.#count();
    return answers;
  }

  /** Ends the counting that {@link drain} has begun. */
  stopCounting(): void {
    this.#isCounting = false;
  }

  /** Tells all to quit, if `SIDECAR_QUIT` wants it: the last step of a pod that has to complete. */
  async quit(): Promise<void> {
    if (this.config.sidecarQuit) {
      const sidecars = await this.#tell(this.config.sidecars, 'quit');
      this.#logger.log({ sidecars }, 'The sidecars were told to quit');
    }
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
    let answer = await ask(url, call, ANSWER_LIMIT_MS);
    if (!answer.isYes) {
      await sleep(RETRY_AFTER_MS);
      answer = await ask(url, call, ANSWER_LIMIT_MS);
    }
    if (answer.isYes) {
      return 'yes';
    }
    const request = `${call.method} ${new URL(call.path, url).href}`;
    this.#logger.warn(
      { sidecar: name, request },
      `Sidecar ${name} could not be told to ${what}: it ${answer.did}, twice (${request})`,
    );
    return answer.did;
  }

  async #count(): Promise<void> {
    while (this.#isCounting) {
      const counts = await Promise.all(this.#inbound.map(countClients));
      this.#connected = sum(counts.map((one) => one?.connected));
      const everConnected = sum(counts.map((one) => one?.everConnected));
      if (this.#connected === undefined || everConnected === undefined) {
        // One that does not tell now may do so in a moment; one that cannot never will.
        if (this.#inbound.some(({ clients }) => clients === undefined)) {
          return;
        }
      } else {
        if (everConnected > (this.#everConnected ?? everConnected)) {
          this.#lastConnectedAt = performance.now();
        }
        this.#everConnected = everConnected;
      }
      await sleep(COUNT_EVERY_MS);
    }
  }
}

async function countClients({
  url,
  clients,
}: SidecarInPod): Promise<{ connected: number | undefined; everConnected: number | undefined } | undefined> {
  if (clients === undefined) {
    return undefined;
  }
  const answer = await ask(url, clients, ANSWER_LIMIT_MS);
  const text = answer.isYes ? answer.body : '';
  return { connected: total(text, clients.connected), everConnected: total(text, clients.everConnected) };
}

/** The sum of what a pattern finds; undefined when it finds nothing, because nothing is not zero. */
function total(text: string, pattern: RegExp): number | undefined {
  const found = [...text.matchAll(pattern)].map(([, count]) => Number(count));
  return found.length === 0 ? undefined : sum(found);
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (done, count) => (done === undefined || count === undefined ? undefined : done + count),
    0,
  );
}
