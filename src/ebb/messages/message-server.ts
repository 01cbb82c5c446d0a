import { Logger } from '@nestjs/common';
import type { Changes } from '../work/changes.js';
import type { PendingWork } from '../work/work-source.js';
import type { Leaving } from './leaving.js';
import { type Message, nameOf } from './message.js';
import { methodOf } from './method-of.js';
import type { EndHook, StartHook, TransportServer } from './transport-server.js';
import { transportOf } from './transports.js';

/** For each step that asks a broker or a client for something: one that is dead or slow costs a warning. */
const LONGEST_STEP_MS = 2_000;

/** One connected microservice: what it works on, and how it leaves. */
export class MessageServer {
  readonly transport: string;
  readonly #logger = new Logger('Messages');
  readonly #inWork = new Map<unknown, Message>();
  readonly #leaving: Leaving;
  /** Replies of which something has still to be sent. */
  #replies = 0;
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
    this.#leaving = leaving(server, this.#inWork);
    this.#watchStart();
    this.#watchWork();
    this.#watchReplies();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  get isIdle(): boolean {
    return this.#isQuiet && (this.#isDone || this.#hasLeft === undefined);
  }

  /** When what it has worked on for the longest began; undefined when there is nothing. */
  get oldest(): number | undefined {
    const [oldest] = this.#inWork.values();
    return oldest?.since;
  }

  get pending(): readonly PendingWork[] {
    const { transport } = this;
    const messages = Array.from(this.#inWork.values(), (message): PendingWork => {
      const ageMs = Math.round(performance.now() - message.since);
      const pattern = nameOf(message);
      return {
        text: `${transport} ${pattern} after ${(ageMs / 1_000).toFixed(1)} s`,
        field: { transport, pattern, ageMs },
      };
    });
    // A reply belongs to a message while that is in work.
    return messages.length > 0 || this.#replies === 0
      ? messages
      : [{ text: `${this.#replies} replies of ${transport}`, field: { transport, replies: this.#replies } }];
  }

  /** @see Leaving.leave */
  leave(): void {
    this.#hasLeft = this.#step('be told to take no more', () => this.#leaving.leave?.());
  }

  /** @see Leaving.stopListening */
  endLameDuck(): void {
    void this.#finish();
  }

  /** @see Leaving.cut */
  cut(): void {
    this.#isCut = true;
    this.changes.notify();
    void this.#step('cut what is left', () => this.#leaving.cut?.());
  }

  async #finish(): Promise<void> {
    await this.#hasLeft;
    await this.#step('stop listening', () => this.#leaving.stopListening?.());
    await this.changes.until(() => this.#isQuiet || this.#isCut, Infinity);
    if (!this.#isCut) {
      await this.#step('send its last answers', () => this.#leaving.flush?.());
    }
    this.#isDone = true;
    this.changes.notify();
  }

  get #isQuiet(): boolean {
    return this.#inWork.size === 0 && this.#replies === 0;
  }

  async #step(what: string, run: () => unknown): Promise<void> {
    if (!this.#isStarted) {
      return;
    }
    const { transport } = this;
    let timer: NodeJS.Timeout | undefined;
    const ceiling = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${LONGEST_STEP_MS} ms`)), LONGEST_STEP_MS);
    });
    try {
      await Promise.race([Promise.resolve().then(run), ceiling]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn({ err: error, transport }, `The microservice of ${transport} could not ${what}: ${reason}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #watchStart(): void {
    const listen = this.server.listen.bind(this.server);
    this.server.listen = (callback) => {
      this.#isStarted = true;
      return listen(callback);
    };
  }

  /** There is one place for each hook: what stood there, or comes to stand there later, runs as it would without us. */
  #watchWork(): void {
    let start: StartHook = methodOf(this.server, 'onProcessingStartHook');
    let end: EndHook = methodOf(this.server, 'onProcessingEndHook');
    this.server.setOnProcessingStartHook((id, context, done) => start(id, context, this.#began(context, done)));
    this.server.setOnProcessingEndHook((id, context) => {
      end(id, context);
      this.#ended(context);
    });
    this.server.setOnProcessingStartHook = (hook) => (start = hook);
    this.server.setOnProcessingEndHook = (hook) => (end = hook);
  }

  #began(context: unknown, done: () => Promise<unknown>): () => Promise<unknown> {
    const key = keyOf(context);
    this.#inWork.set(key, { context, since: performance.now() });
    if (key !== context || !isGrpcCall(context)) {
      return done;
    }
    // A call with a stream of requests: Nest ends all of them with nothing to tell them apart by, but `done` lasts as long.
    return async () => {
      try {
        return await done();
      } finally {
        this.#ended(context);
      }
    };
  }

  #ended(key: unknown): void {
    const message = this.#inWork.get(key);
    if (message !== undefined) {
      this.#inWork.delete(key);
      this.#leaving.over?.(message);
      this.changes.notify();
    }
  }

  #watchReplies(): void {
    const send = this.server.send.bind(this.server);
    this.server.send = (replies, respond) => {
      this.#replies += 1;
      return send(replies, async (packet) => {
        const { isDisposed = false } = packet;
        try {
          return await respond(packet);
        } finally {
          if (isDisposed) {
            this.#replies -= 1;
            this.changes.notify();
          }
        }
      });
    };
  }
}

/** By what a message is known when it ends: Nest's context, but for a call of gRPC with one request, which is known by that. */
function keyOf(context: unknown): unknown {
  return isGrpcCall(context) ? (Reflect.get(context, 'request') ?? context) : context;
}

/** Nest hands over a copy of the call, with the name of the handler. */
function isGrpcCall(context: unknown): context is object {
  return typeof context === 'object' && context !== null && 'operationId' in context;
}
