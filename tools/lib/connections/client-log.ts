import type { ConnectedClient, ConnectionEnd, Opening, Refusal } from './record.js';

/** What one client that stays connected goes through, as it happens. */
export class ClientLog {
  readonly #ended: Opening[] = [];
  readonly #refusals: Refusal[] = [];
  #open: { pod: string | undefined; readonly fromMs: number } | undefined;
  #heardAtMs = -Infinity;
  #gaps = 0;
  #repliesLost = 0;

  constructor(private readonly now: () => number) {}

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Whether it will never be connected again. */
  get isGivenUp(): boolean {
    return this.#refusals.at(-1)?.isForGood === true;
  }

  /** When it heard from the service last. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  opened(pod: string | undefined): void {
    this.#open = { pod, fromMs: this.now() };
  }

  /** It hears from the service, which may say which pod it is. Who routed the connection knows better. */
  heard(pod?: string): void {
    this.#heardAtMs = this.now();
    if (this.#open !== undefined) {
      this.#open.pod ??= pod;
    }
  }

  ended(end: ConnectionEnd, detail: string): void {
    if (this.#open !== undefined) {
      this.#ended.push({ ...opening(this.#open), toMs: this.now(), end, detail });
      this.#open = undefined;
    }
  }

  refused(reason: string, pod: string | undefined, isForGood = false): void {
    this.#refusals.push({ atMs: this.now(), reason, isForGood, ...(pod === undefined ? {} : { pod }) });
  }

  gap(): void {
    this.#gaps += 1;
  }

  replyLost(): void {
    this.#repliesLost += 1;
  }

  /** @param isBack whether it has a living connection now */
  record(isBack: boolean): ConnectedClient {
    const open = this.#open === undefined ? [] : [{ ...opening(this.#open), toMs: this.now() }];
    return {
      openings: [...this.#ended, ...open],
      refusals: this.#refusals,
      gaps: this.#gaps,
      repliesLost: this.#repliesLost,
      isBack,
    };
  }
}

function opening({ pod, fromMs }: { readonly pod: string | undefined; readonly fromMs: number }) {
  return { fromMs, ...(pod === undefined ? {} : { pod }) };
}
