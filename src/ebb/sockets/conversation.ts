import {
  defer,
  delay,
  delayWhen,
  EMPTY,
  finalize,
  isObservable,
  merge,
  Observable,
  ReplaySubject,
  switchMap,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { PendingWork } from '../work/work-source.js';
import type { GatewayConnection } from './gateway-connection.js';
import { callHandler } from './gateway-handlers.js';
import { LONGEST_GOODBYE_MS } from './goodbye.js';

/** A message that is in work. */
interface Message {
  readonly name: string;
  /** Its handler, and its replies. */
  parts: number;
  /** Those that have not returned. */
  handlers: number;
  /** Called when none is left. */
  onHandled?: () => void;
}

/**
 * What a gateway and one client say to each other. At its end no more messages are heard, those in work are answered, and then
 * the client is told to go. So each message that was handled has its reply before the goodbye, and each message without a reply
 * was not handled: the client may send it again, elsewhere.
 */
export class Conversation {
  readonly since = performance.now();
  /** Resolves when the client has been told to go. */
  readonly toldToGo: Promise<void>;
  #tell: () => void = () => undefined;
  readonly #inWork = new Set<Message>();
  readonly #handled = new WeakMap<object, Message>();
  /** Replays, for an Observable that a handler returns after the goodbye has begun. */
  readonly #leaving = new ReplaySubject<void>(1);
  #isLeaving = false;
  #isToldToGo = false;
  #hasClientGone = false;

  /** @param onOver the client has gone and its messages are done. */
  constructor(
    private readonly connection: GatewayConnection,
    private readonly onOver: () => void,
  ) {
    this.toldToGo = new Promise((resolve) => {
      this.#tell = resolve;
    });
    connection.onClose(() => this.#clientHasGone());
  }

  get pending(): PendingWork {
    const { path } = this.connection;
    const ageMs = Math.round(performance.now() - this.since);
    const messages = Array.from(this.#inWork, ({ name }) => name);
    const inWork = messages.length === 0 ? '' : ` with ${messages.map((message) => `"${message}"`).join(', ')} in work`;
    return {
      text: `client of ${path} after ${(ageMs / 1_000).toFixed(1)} s${inWork}`,
      field: { path, ageMs, messages },
    };
  }

  /** Calls the handler of a message; not any more when the goodbye has begun. */
  handle(name: string, handler: () => unknown): Promise<unknown> | Observable<unknown> {
    if (this.#isLeaving) {
      return EMPTY;
    }
    const message: Message = { name, parts: 0, handlers: 0 };
    const result = this.#call(message, handler);
    this.#handled.set(result, message);
    return result;
  }

  /**
   * The replies to a message: it is in work until the last one has been sent.
   *
   * @param handled what {@link handle} returned.
   */
  replies<T>(handled: unknown, replies: () => Observable<T>): Observable<T> {
    return defer(() => {
      const message = typeof handled === 'object' && handled !== null ? this.#handled.get(handled) : undefined;
      return replies().pipe(finalize(this.#begin(message ?? { name: 'a message', parts: 0, handlers: 0 })));
    });
  }

  /** Says goodbye as soon as what is in work has been answered. */
  leave(): void {
    this.#isLeaving = true;
    this.#leaving.next();
    this.#look();
  }

  /** Ends it at once. */
  terminate(): void {
    this.#isLeaving = true;
    this.connection.terminate();
  }

  /** The client's connection has ended, by whomever. Its messages may still be in work. */
  #clientHasGone(): void {
    this.#isLeaving = true;
    this.#isToldToGo = true;
    this.#hasClientGone = true;
    this.#look();
  }

  #begin(message: Message): () => void {
    message.parts += 1;
    this.#inWork.add(message);
    return () => {
      message.parts -= 1;
      if (message.parts === 0) {
        this.#inWork.delete(message);
        this.#look();
      }
    };
  }

  async #call(message: Message, handler: () => unknown): Promise<unknown> {
    const done = this.#begin(message);
    try {
      const result: unknown = await this.#calling(message, handler);
      return isObservable(result) ? this.#untilGoodbye(message, result) : result;
    } finally {
      done();
    }
  }

  #calling<T>(message: Message, call: () => T): T {
    return callHandler(call, (handled) => void this.#untilHandled(message, handled));
  }

  /** Also where nobody waits for the handler any more, because its client has gone. */
  async #untilHandled(message: Message, handled: Promise<unknown>): Promise<void> {
    const done = this.#begin(message);
    message.handlers += 1;
    await handled.catch(() => undefined);
    message.handlers -= 1;
    message.onHandled?.();
    done();
  }

  /**
   * One that has brought something is a stream, and is ended. One that has not may be the reply that the client waits for: it has a
   * while, which begins when its handler has returned.
   */
  #untilGoodbye(message: Message, replies: Observable<unknown>): Observable<unknown> {
    return defer(() => {
      const firstReply = new ReplaySubject<void>(1);
      const handled = new ReplaySubject<void>(1);
      message.onHandled = () => {
        if (message.handlers === 0) {
          handled.next();
        }
      };
      const goodbye = this.#leaving.pipe(
        delayWhen(() => {
          message.onHandled?.();
          // After a turn: ended in the same one, it would end before the reply has been sent.
          return merge(firstReply.pipe(delay(0)), handled.pipe(switchMap(() => timer(LONGEST_GOODBYE_MS))));
        }),
      );
      // An interceptor's handler is called when somebody subscribes to it.
      const handling = new Observable<unknown>((replied) => this.#calling(message, () => replies.subscribe(replied)));
      return handling.pipe(
        takeUntil(goodbye),
        tap(() => firstReply.next()),
      );
    });
  }

  #look(): void {
    if (!this.#isLeaving || this.#inWork.size > 0) {
      return;
    }
    if (this.#hasClientGone) {
      this.onOver();
    } else if (!this.#isToldToGo) {
      this.#isToldToGo = true;
      this.connection.close();
      setTimeout(() => this.connection.terminate(), LONGEST_GOODBYE_MS).unref();
      this.#tell();
    }
  }
}
