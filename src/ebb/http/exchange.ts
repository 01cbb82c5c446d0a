import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PendingWork } from '../work/work-source.js';

/** A log line and a termination message have to stay short, whatever a client sends. */
const LONGEST_ROUTE = 200;

/** A request and its answer. It is over when both have ended; see {@link Exchange.watch}. */
export class Exchange {
  readonly since = performance.now();
  /** Whether its client has gone while the handler still works. */
  isAbandoned = false;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {}

  /** Whether the handler has given all of its answer, and the client has not taken it yet. */
  get isDelivering(): boolean {
    const { writableEnded, writableNeedDrain } = this.response;
    return !this.isAbandoned && (writableEnded || writableNeedDrain);
  }

  /**
   * Says when it is over.
   *
   * - Answered: when the request has arrived as well, which may be later than the answer.
   * - The client has gone before the answer began: when the handler ends the answer. What it does meanwhile is work like any
   *   other, and hooks must not free what it uses.
   * - The client has gone in the middle of the answer: at once.
   *
   * @param answered is called when the answer is out, the request may still be arriving.
   * @param over is called once.
   */
  watch(answered: () => void, over: () => void): void {
    const { request, response } = this;
    response.once('close', () => {
      if (response.writableFinished) {
        answered();
        if (request.complete) {
          over();
        } else {
          request.once('close', over);
        }
      } else if (response.headersSent || response.writableEnded) {
        over();
      } else {
        this.isAbandoned = true;
        this.#untilEnded(over);
      }
    });
  }

  /** A response whose socket is gone emits nothing any more, so its `end` is all there is to see. */
  #untilEnded(over: () => void): void {
    const { response } = this;
    const end: unknown = Reflect.get(response, 'end');
    if (typeof end !== 'function') {
      return;
    }
    let isOver = false;
    const ended = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(end, response, args);
      if (!isOver) {
        isOver = true;
        over();
      }
      return result;
    };
    Object.assign(response, { end: ended });
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

/** The route's pattern, `/users/:id`; the path as it was sent while no route was found yet. Never a query. */
function routeOf(request: IncomingMessage & { route?: unknown }): string {
  const { route } = request;
  const pattern =
    typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string'
      ? route.path
      : (request.url ?? '').split('?', 1)[0];
  return (pattern ?? '').slice(0, LONGEST_ROUTE);
}
