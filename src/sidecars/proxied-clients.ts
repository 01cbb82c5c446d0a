import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, type SidecarInPod } from '../config/config.js';
import { ask } from './ask.js';

/** What a proxy may take for its statistics. */
const ANSWER_LIMIT_MS = 1_000;

const COUNT_EVERY_MS = 100;

/** Who is connected to the proxies that carry inbound traffic, as far as they tell. */
@Injectable()
export class ProxiedClients {
  readonly #proxies: readonly SidecarInPod[];
  #isCounting = false;
  #connected: number | undefined;
  /** When the proxies were asked for that. */
  #countedAt = -Infinity;
  #everConnected: number | undefined;
  /** When that was seen to have grown. */
  #lastConnectedAt = -Infinity;

  constructor(@Inject(CONFIG) { sidecars }: Config) {
    this.#proxies = sidecars.filter(({ carriesInbound }) => carriesInbound);
  }

  /**
   * Whether nobody is connected, and nobody has connected since `atMs`, as `performance.now()` counts. False as long as not
   * every proxy has said so, after that time.
   */
  haveStayedAwaySince(atMs: number): boolean {
    return this.#connected === 0 && this.#countedAt >= atMs && this.#lastConnectedAt < atMs;
  }

  /** Counts them from now on, unless one of the proxies never tells. */
  start(): void {
    if (this.#proxies.every(({ clients }) => clients !== undefined)) {
      this.#isCounting = true;
      void this.#count();
    }
  }

  stop(): void {
    this.#isCounting = false;
  }

  async #count(): Promise<void> {
    while (this.#isCounting) {
      const askedAt = performance.now();
      const counts = await Promise.all(this.#proxies.map(countClients));
      const everConnected = sum(counts.map((one) => one.everConnected));
      // Without the other it says too little: whoever comes between two looks goes unseen.
      this.#connected = everConnected === undefined ? undefined : sum(counts.map((one) => one.connected));
      this.#countedAt = askedAt;
      if (everConnected !== undefined) {
        if (everConnected > (this.#everConnected ?? everConnected)) {
          this.#lastConnectedAt = performance.now();
        }
        this.#everConnected = everConnected;
      }
      await sleep(COUNT_EVERY_MS);
    }
  }
}

interface Counts {
  readonly connected: number | undefined;
  readonly everConnected: number | undefined;
}

async function countClients({ url, clients }: SidecarInPod): Promise<Counts> {
  const answer = clients === undefined ? undefined : await ask(url, clients, ANSWER_LIMIT_MS);
  const text = answer?.isYes ? answer.body : '';
  return { connected: total(text, clients?.connected), everConnected: total(text, clients?.everConnected) };
}

/** The sum of what a pattern finds; undefined when it finds nothing, because nothing is not zero. */
function total(text: string, pattern = /(?!)/g): number | undefined {
  const found = [...text.matchAll(pattern)].map(([, count]) => Number(count));
  return found.length === 0 ? undefined : sum(found);
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (done, count) => (done === undefined || count === undefined ? undefined : done + count),
    0,
  );
}
