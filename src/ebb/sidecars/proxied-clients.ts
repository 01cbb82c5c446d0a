import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import { Changes } from '../work/changes.js';
import { ask } from './ask.js';
import type { SidecarConfig, SidecarInPod } from './sidecar-config.js';

/** Often enough to know at SIGTERM whether clients still connect, and rare enough to cost nothing. */
const WATCH_EVERY_MS = 1_000;

const WATCH_CLOSELY_EVERY_MS = 100;

/** Who is connected to the proxies that carry inbound traffic, as far as they tell. */
@Injectable()
export class ProxiedClients {
  readonly #proxies: readonly SidecarInPod[];
  readonly #wakeUp = new AbortController();
  #everyMs = WATCH_EVERY_MS;
  #isWatching = false;
  /** Since when it is known who has connected. */
  #watchedSince = Infinity;
  #connected: number | undefined;
  /** When the proxies were asked for that. */
  #countedAt = -Infinity;
  #everConnected: number | undefined;
  /** When that was seen to have changed: a proxy that was restarted counts from 0 again. */
  #lastConnectedAt = -Infinity;

  constructor(
    @Inject(CONFIG) { sidecars }: SidecarConfig,
    private readonly changes: Changes,
  ) {
    this.#proxies = sidecars.filter(({ carriesInbound }) => carriesInbound);
  }

  /**
   * Whether nobody is connected, and nobody has connected since `atMs`, as `performance.now()` counts. False where that is
   * not known: a proxy does not tell, or has not been watched for so long.
   */
  haveStayedAwaySince(atMs: number): boolean {
    return (
      this.#connected === 0 && this.#watchedSince <= atMs && this.#countedAt >= atMs && this.#lastConnectedAt < atMs
    );
  }

  /**
   * Counts them from now on, unless one of the proxies never tells. It has to begin long before the pod is asked to go:
   * whether the endpoints have forgotten it is seen from who connected in the seconds before.
   */
  watch(): void {
    if (this.#proxies.length > 0 && this.#proxies.every(({ clients }) => clients !== undefined)) {
      this.#isWatching = true;
      void this.#count();
    }
  }

  /** Counts more often from now on, and at once. */
  watchClosely(): void {
    this.#everyMs = WATCH_CLOSELY_EVERY_MS;
    this.#wakeUp.abort();
  }

  stop(): void {
    this.#isWatching = false;
    this.#wakeUp.abort();
  }

  async #count(): Promise<void> {
    while (this.#isWatching) {
      const askedAt = performance.now();
      const counts = await Promise.all(this.#proxies.map(countClients));
      const everConnected = sum(counts.map((one) => one.everConnected));
      // Without the other it says too little: whoever comes between two looks goes unseen.
      this.#connected = everConnected === undefined ? undefined : sum(counts.map((one) => one.connected));
      this.#countedAt = askedAt;
      if (everConnected !== undefined) {
        this.#watchedSince = Math.min(this.#watchedSince, askedAt);
        if (everConnected !== (this.#everConnected ?? everConnected)) {
          this.#lastConnectedAt = performance.now();
        }
        this.#everConnected = everConnected;
      }
      this.changes.notify();
      // Not what keeps a process alive that has nothing else to do.
      const pause = this.#wakeUp.signal.aborted ? {} : { signal: this.#wakeUp.signal };
      await sleep(this.#everyMs, undefined, { ...pause, ref: false }).catch(() => undefined);
    }
  }
}

interface Counts {
  readonly connected: number | undefined;
  readonly everConnected: number | undefined;
}

async function countClients({ url, clients }: SidecarInPod): Promise<Counts> {
  const answer = clients === undefined ? undefined : await ask(url, clients);
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
