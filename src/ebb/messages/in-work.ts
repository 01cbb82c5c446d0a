import type { Message } from './message.js';
import { methodOf } from './method-of.js';
import type { EndHook, StartHook, TransportServer } from './transport-server.js';

/** What a server works on: messages from its start hook to its end hook, and replies until the last packet of each is sent. */
export class InWork {
  readonly #messages = new Map<unknown, Message>();
  #replies = 0;

  /** @param over is told when a message is done, or a reply sent. */
  constructor(
    private readonly server: TransportServer,
    private readonly over: (message?: Message) => void,
  ) {
    this.#watchMessages();
    this.#watchReplies();
  }

  /** The oldest first. */
  get messages(): ReadonlyMap<unknown, Message> {
    return this.#messages;
  }

  /** Those of messages that are in work are among them. */
  get replies(): number {
    return this.#replies;
  }

  get isEmpty(): boolean {
    return this.#messages.size === 0 && this.#replies === 0;
  }

  /** There is one place for each hook: what stood there, or comes to stand there later, runs as it would without us. */
  #watchMessages(): void {
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
    this.#messages.set(key, { context, since: performance.now() });
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
    const message = this.#messages.get(key);
    if (message !== undefined) {
      this.#messages.delete(key);
      this.over(message);
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
            this.over();
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
