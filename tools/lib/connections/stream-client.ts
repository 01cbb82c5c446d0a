import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { HOST, type Route, RoutedAgent, type Target, reasonOf } from '../load/client.js';
import type { ClientLog } from './client-log.js';
import { EventParser, type StreamEvent } from './event-parser.js';

/** What browsers wait before they connect again, unless the server has said how long. */
const RETRY_MS = 3_000;

/**
 * One client of a stream of events, which does what an EventSource does: it keeps its connection where the server does, comes
 * back after a while with `Last-Event-ID`, and gives up after an answer that is no stream.
 */
export class StreamClient {
  readonly #agent: RoutedAgent;
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  #lastId = '';
  #isOver = false;

  /** @param counts whether the service numbers its events without a gap. */
  constructor(
    private readonly path: string,
    private readonly counts: boolean,
    route: Route,
    private readonly log: ClientLog,
  ) {
    this.#agent = new RoutedAgent(route, true);
  }

  start(): void {
    let target: Target | undefined;
    const outgoing = ask(this.path, this.#agent, this.#lastId);
    this.#request = outgoing;
    outgoing.once('socket', (socket) => (target = this.#agent.targetOf.get(socket)));
    outgoing.once('error', (error) => {
      // After the response has begun, it is the response that tells.
      if (!this.log.isOpen && !this.#isOver) {
        this.log.refused(reasonOf(error), target?.name);
        this.#later();
      }
    });
    outgoing.once('response', (response) => this.#answered(response, target?.name, outgoing.reusedSocket));
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
    this.#agent.destroy();
  }

  #answered(response: IncomingMessage, pod: string | undefined, isReused: boolean): void {
    if (!isStream(response)) {
      // A proxy that keeps the connection of a stream that has ended keeps its client at the pod that has ended it.
      const where = isReused ? ' on its old connection' : '';
      this.log.refused(`${response.statusCode}${where}`, pod, true);
      response.resume();
      return;
    }
    this.log.opened(pod);
    const parser = new EventParser();
    let why = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      parser.read(chunk).forEach((event) => this.#heard(event));
    });
    response.once('error', (error) => (why = reasonOf(error)));
    response.once('close', () => {
      if (this.#isOver) {
        return;
      }
      this.#retryMs = parser.retryMs ?? this.#retryMs;
      if (why !== '') {
        this.log.ended('cut', why);
      } else {
        this.log.ended(parser.retryMs === undefined ? 'closed' : 'told', `retry ${parser.retryMs ?? 'not given'}`);
      }
      this.#later();
    });
  }

  #later(): void {
    this.#timer = setTimeout(() => this.start(), this.#retryMs);
  }

  #heard({ id, data }: StreamEvent): void {
    this.log.heard(podIn(data));
    if (this.counts && this.#lastId !== '' && Number(id) !== Number(this.#lastId) + 1) {
      this.log.gap();
    }
    this.#lastId = id;
  }
}

/**
 * Tries a path: reads an event, and asks for those after it.
 *
 * @returns whether events are numbered and replayed, so that a gap can be told; the reason when there is no stream.
 */
export async function tryStream(path: string, target: Target, ceilingMs: number): Promise<boolean | string> {
  const first = await firstId(path, target, ceilingMs);
  if (first.refusal !== undefined) {
    return first.refusal;
  }
  if (!/^\d+$/.test(first.id)) {
    return false;
  }
  const second = await firstId(path, target, ceilingMs, first.id);
  return Number(second.id) === Number(first.id) + 1;
}

function firstId(
  path: string,
  target: Target,
  ceilingMs: number,
  lastId = '',
): Promise<{ readonly id: string; readonly refusal?: string }> {
  const agent = new RoutedAgent(() => target, false);
  return new Promise<{ readonly id: string; readonly refusal?: string }>((resolve) => {
    const outgoing = ask(path, agent, lastId);
    // Headers of a stream come with its first event where nobody flushes them.
    const timer = setTimeout(() => resolve({ id: '' }), ceilingMs);
    const done = (result: { readonly id: string; readonly refusal?: string }) => {
      clearTimeout(timer);
      resolve(result);
    };
    outgoing.on('error', (error) => done({ id: '', refusal: reasonOf(error) }));
    outgoing.once('response', (response) => {
      response.on('error', (error) => done({ id: '', refusal: reasonOf(error) }));
      if (!isStream(response)) {
        done({ id: '', refusal: `${response.statusCode} ${response.headers['content-type'] ?? ''}`.trim() });
        return;
      }
      const parser = new EventParser();
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const [event] = parser.read(chunk);
        if (event !== undefined) {
          done({ id: event.id });
        }
      });
    });
  }).finally(() => agent.destroy());
}

function ask(path: string, agent: RoutedAgent, lastId: string): ClientRequest {
  const headers = { Accept: 'text/event-stream', ...(lastId === '' ? {} : { 'Last-Event-ID': lastId }) };
  return request({ agent, host: HOST, path, headers }).end();
}

function isStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && headers['content-type']?.startsWith('text/event-stream') === true;
}

/** The pod that the service says it is, in an event whose data is JSON. */
function podIn(data: string): string | undefined {
  try {
    const { pod } = JSON.parse(data) as { readonly pod?: unknown };
    return typeof pod === 'string' ? pod : undefined;
  } catch {
    return undefined;
  }
}
