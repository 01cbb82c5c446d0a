/**
 * The second listener: probes, metrics, and the pages that features add, on a port that no Service routes to. It is plain
 * node:http, so that nothing of the application (a prefix, a guard, a filter, middleware) can reach a probe, and nothing of it
 * is on the public port. It opens before the application is built and closes after all of it is done, and whoever is
 * connected to it is never waited for.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { listen } from '../http/listen.js';
import { PROBLEM_TYPE, problemOf, written } from '../http/problem.js';

/** A probe is one short request; whoever is slower than this is not one. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How long a connection may say nothing while its page is made: enough for a profile of half a minute. */
const SILENCE_TIMEOUT_MS = 60_000;

/** What answers a page: a request handler of node:http. What it throws or rejects with is logged and answered with 500. */
export type ManagementHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** How a page is answered. */
export interface PageOptions {
  /** The methods that are answered; {@link READING} when absent. HEAD is answered by the handler of GET, without its body. */
  readonly methods?: readonly string[];
}

const READING = ['GET', 'HEAD'] as const;

interface Page {
  readonly handler: ManagementHandler;
  readonly methods: readonly string[];
}

/** Of RFC 3986: segments that are not empty, without a query. Written out, because a path with an end is matched exactly. */
const PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})+)+$/i;

/** Adds pages to the management port. Inject it: `constructor(management: Management)`. */
@Injectable()
export class Management {
  readonly #logger = new Logger('Management');
  readonly #pages = new Map<string, Page>();
  readonly #server: Server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void this.#answer(request, response),
  ).setTimeout(SILENCE_TIMEOUT_MS);
  #opening: Promise<number> | undefined;
  #port = 0;

  /** The port it listens on; 0 before {@link open}. */
  get port(): number {
    return this.#port;
  }

  /**
   * Adds a page: `management.add('/debug/queue', (request, response) => response.end(queue.length))`. It is seen by whoever
   * reaches the port, which in a cluster the NetworkPolicy decides, and is asked in every phase.
   *
   * @param path matched exactly, without a query; a slash at the end of a request's path makes no difference.
   * @throws Error when the path is malformed or taken: the start fails and says so.
   */
  add(path: string, handler: ManagementHandler, { methods = READING }: PageOptions = {}): void {
    if (!PATH.test(path)) {
      throw new Error(
        `"${path}" is no path for a page of the management port: it must begin with a slash and have no query, no empty ` +
          'segment, no slash at its end and no character that a URL would escape. An example: /debug/queue.',
      );
    }
    if (this.#pages.has(path)) {
      throw new Error(`The path "${path}" of the management port is taken. Give this page another one.`);
    }
    this.#pages.set(path, { handler, methods });
  }

  /**
   * Opens the listener and returns its port. Idempotent.
   *
   * @param host every interface when absent.
   * @throws Error (a rejection) with the system's code when the port cannot be bound.
   */
  async open(port: number, host?: string): Promise<number> {
    this.#opening ??= listen(this.#server, port, host);
    this.#port = await this.#opening;
    return this.#port;
  }

  /** Closes the listener and what is connected to it. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = this.#pages.get(pathOf(request));
    response.setHeader('Cache-Control', 'no-store');
    if (page === undefined) {
      problem(response, 404);
    } else if (!page.methods.includes(request.method ?? '')) {
      response.setHeader('Allow', page.methods.join(', '));
      problem(response, 405);
    } else {
      try {
        await page.handler(request, response);
      } catch (error) {
        this.#logger.error({ err: error }, `The management page ${pathOf(request)} failed`);
        this.#answerFailure(response);
      }
    }
  }

  #answerFailure(response: ServerResponse): void {
    if (response.headersSent) {
      response.destroy();
    } else {
      problem(response, 500);
    }
  }
}

/** Of a request's target, which proxies may send as a whole URL (RFC 9112, 3.2.2). */
function pathOf({ url = '/' }: IncomingMessage): string {
  const target = /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).pathname : url;
  const [path = '/'] = target.split('?', 1);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  const { text, headers } = written(body, `${type}; charset=utf-8`);
  response.writeHead(status, headers).end(text);
}

function problem(response: ServerResponse, status: number): void {
  json(response, status, problemOf(status), PROBLEM_TYPE);
}
