import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import type { PendingWork } from '../work/work-source.js';

/** A log line and a termination message have to stay short, whatever a client sends. */
const LONGEST_ROUTE = 200;

/** A handler may notice that its client has gone, and return without a word: nobody hears of it. */
const LONGEST_ABANDONED_MS = 60_000;

/** Who is told what becomes of an exchange. */
export interface ExchangeWatcher {
  /** The answer is out; the request may still be arriving. */
  answered(exchange: Exchange): void;
  /** Called once. */
  over(exchange: Exchange): void;
}

/** Where a response has its exchange. */
const EXCHANGE = Symbol('exchange');

type WithExchange = ServerResponse & { [EXCHANGE]?: Exchange };

/**
 * A request and its answer. When it is over:
 *
 * - Answered: when the request has arrived as well, which may be later than the answer.
 * - The client has gone before the answer began: when the handler begins to answer. What it does until then is work like any
 *   other, and hooks must not free what it uses. One that never answers is given up after {@link LONGEST_ABANDONED_MS}.
 * - The client has gone in the middle of the answer: at once.
 */
export class Exchange {
  readonly since = performance.now();
  /** Whether its client has gone while the handler still works. */
  isAbandoned = false;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly connection: Connection,
    private readonly watcher: ExchangeWatcher,
  ) {
    // A function that is there once, and no closure: this is done for every request.
    (response as WithExchange)[EXCHANGE] = this;
    response.on('close', onClose);
  }

  /** Whether the handler has given all of its answer, and the client has not taken it yet. */
  get isDelivering(): boolean {
    const { socket, writableEnded, writableNeedDrain } = this.response;
    // Without a socket it waits behind the answer to an earlier, pipelined request, or is out.
    return socket !== null && !this.isAbandoned && (writableEnded || writableNeedDrain);
  }

  /** @internal The response is closed. */
  closed(): void {
    const { request, response, watcher } = this;
    if (response.writableFinished) {
      watcher.answered(this);
      if (request.complete) {
        watcher.over(this);
      } else {
        // Node closes a request that was answered only when it has arrived: of a client that has gone its socket tells.
        const { socket } = request;
        const arrivedOrGone = () => {
          request.off('close', arrivedOrGone);
          socket.off('close', arrivedOrGone);
          watcher.over(this);
        };
        request.once('close', arrivedOrGone);
        socket.once('close', arrivedOrGone);
      }
    } else if (response.headersSent || response.writableEnded) {
      watcher.over(this);
    } else {
      this.isAbandoned = true;
      this.#untilAnswered();
    }
  }

  /**
   * A response whose socket is gone emits nothing any more, so what the handler calls is all there is to see. Whoever begins to
   * answer is done with its work, and may never end: a stream that is piped to it is not read any further.
   */
  #untilAnswered(): void {
    const { response } = this;
    let isOver = false;
    const once = () => {
      if (!isOver) {
        isOver = true;
        clearTimeout(timer);
        this.watcher.over(this);
      }
    };
    const timer = setTimeout(once, LONGEST_ABANDONED_MS).unref();
    response.once('pipe', once);
    for (const name of ['end', 'write', 'writeHead']) {
      const original: unknown = Reflect.get(response, name);
      if (typeof original === 'function') {
        const called = (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(original, response, args);
          once();
          return result;
        };
        Object.assign(response, { [name]: called });
      }
    }
  }

  /**
   * Whether this is a stream of server-sent events, whose clients say nothing more but that they have gone, and come back when
   * it ends. With GET alone, as browsers ask, and HEAD: what a POST streams in that format is an answer like any other, and nobody asks
   * for it a second time.
   */
  get isEventStream(): boolean {
    const header: unknown = Reflect.get(this.response, '_header');
    return (
      (this.request.method === 'GET' || this.request.method === 'HEAD') &&
      typeof header === 'string' &&
      /^content-type: text\/event-stream/im.test(header)
    );
  }

  toPending(): PendingWork {
    const { method = '' } = this.request;
    const route = routeOf(this.request);
    const ageMs = Math.round(performance.now() - this.since);
    const gone = this.isAbandoned ? ', whose client has gone' : '';
    return {
      text: `${method} ${route} after ${(ageMs / 1_000).toFixed(1)} s${gone}`,
      field: { method, route, ageMs, ...(this.isAbandoned ? { abandoned: true } : {}) },
    };
  }
}

function onClose(this: ServerResponse): void {
  (this as WithExchange)[EXCHANGE]?.closed();
}

/** The route's pattern, `/users/:id`; the path as it was sent while no route was found yet. Never a query. */
function routeOf(request: IncomingMessage & { route?: unknown }): string {
  const { route } = request;
  const pattern =
    typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string'
      ? route.path
      : (request.url ?? '').split('?', 1)[0];
  return (pattern ?? '').slice(0, LONGEST_ROUTE);
}
