import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Changes } from '../work/changes.js';
import type { PendingWork } from '../work/work-source.js';
import { InWork } from './in-work.js';
import type { Leaving } from './leaving.js';
import { nameOf } from './message.js';
import { step } from './step.js';
import type { TransportServer } from './transport-server.js';
import { transportOf } from './transports.js';

/** For what is asked of a broker or of clients: one that is dead or slow costs a warning. */
const LONGEST_STEP_MS = 2_000;

/** One connected microservice: what it works on, and how it leaves. */
export class MessageServer {
  readonly transport: string;
  readonly #logger = new Logger('Messages');
  readonly #inWork: InWork;
  readonly #leaving: Leaving;
  #isStarted = false;
  #hasLeft: Promise<void> | undefined;
  #isDone = false;
  #isCut = false;

  constructor(
    readonly server: TransportServer,
    private readonly changes: Changes,
  ) {
    const { name, leaving } = transportOf(server);
    this.transport = name;
    this.#inWork = new InWork(server, (message) => {
      if (message !== undefined) {
        this.#leaving.over?.(message);
      }
      changes.notify();
    });
    this.#leaving = leaving(server, this.#inWork.messages);
    this.#watchStart();
    this.#boundClose();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Whether clients come to it, by way of endpoints. Those of a broker do not. */
  get listens(): boolean {
    return this.#isStarted && this.#leaving.stopListening !== undefined;
  }

  get isIdle(): boolean {
    return this.#inWork.isEmpty && (this.#isDone || this.#hasLeft === undefined);
  }

  /** When what it has worked on for the longest began; undefined when there is nothing. */
  get oldest(): number | undefined {
    const [oldest] = this.#inWork.messages.values();
    return oldest?.since;
  }

  get pending(): readonly PendingWork[] {
    const { transport } = this;
    const { messages, replies } = this.#inWork;
    if (messages.size === 0) {
      return replies === 0 ? [] : [{ text: `${replies} replies of ${transport}`, field: { transport, replies } }];
    }
    return Array.from(messages.values(), (message) => {
      const ageMs = Math.round(performance.now() - message.since);
      const pattern = nameOf(message);
      return {
        text: `${transport} ${pattern} after ${(ageMs / 1_000).toFixed(1)} s`,
        field: { transport, pattern, ageMs },
      };
    });
  }

  /** @see Leaving.leave */
  leave(): void {
    this.#hasLeft = this.#step('be told to take no more', this.#leaving.leave);
  }

  /** @see Leaving.stopListening */
  endLameDuck(): void {
    void this.#finish();
  }

  /** @see Leaving.cut */
  cut(): void {
    this.#isCut = true;
    this.changes.notify();
    void this.#step('cut what is left', this.#leaving.cut);
  }

  async #finish(): Promise<void> {
    await this.#hasLeft;
    // What was delivered before has begun by then.
    await turn();
    await this.#step('stop listening', this.#leaving.stopListening);
    if (this.#isStarted) {
      this.#logger.log({ transport: this.transport }, `The microservice of ${this.transport} takes no more messages`);
    }
    await this.changes.until(() => this.#inWork.isEmpty || this.#isCut, Infinity);
    if (!this.#isCut) {
      await this.#step('send its last answers', this.#leaving.flush);
    }
    this.#isDone = true;
    this.changes.notify();
  }

  async #step(what: string, run: (() => unknown) | undefined): Promise<void> {
    if (this.#isStarted && run !== undefined) {
      await this.#do(what, run);
    }
  }

  #watchStart(): void {
    const listen = this.server.listen.bind(this.server);
    this.server.listen = (callback) => {
      this.#isStarted = true;
      return listen(callback);
    };
  }

  /** What Nest closes after the hooks. A broker that is gone would have it fail, and the last hooks would not run. */
  #boundClose(): void {
    const close = this.server.close.bind(this.server);
    this.server.close = () => this.#do('be closed', close);
  }

  #do(what: string, run: () => unknown): Promise<void> {
    return step(this.transport, what, this.#leaving.longestStepMs ?? LONGEST_STEP_MS, run);
  }
}
