import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type Middleware, onlyForBodies } from './bodies.js';
import { addConstantHeaders, type ConstantHeaders } from './constant-headers.js';
import { bornInto, type ExpressApp, type MessageClasses } from './messages.js';
import { type ExpressResponse, plainJson } from './plain-json.js';

/** Runs a request's handling, all of it. */
export type Around = (handle: () => void) => void;

/**
 * Nest's Express adapter, and what it does for each request done faster, with the answers of Express byte for byte.
 *
 * @see docs/speed.md for what each part brings.
 */
export class FastExpressAdapter extends ExpressAdapter {
  #classes: MessageClasses | undefined;
  #answer: ReturnType<typeof plainJson> | undefined;
  #around: Around | undefined;
  #hooks: unknown[] = [];
  /** Where parsers are put meanwhile that are added. */
  #parsers: Middleware[] | undefined;

  /**
   * @param fastPath false for Nest's adapter as it is.
   * @param closeListeners how many listeners for `close` somebody adds to each response who does nothing with its request.
   */
  constructor(
    private readonly fastPath = true,
    private readonly closeListeners = 0,
  ) {
    super();
    if (fastPath) {
      // Nest's own middleware, which looks on every request for hooks that hardly anybody sets.
      this.#hooks = this.getInstance<ExpressApp>().router.stack.splice(0);
    }
  }

  override setOnRequestHook(...args: Parameters<ExpressAdapter['setOnRequestHook']>): void {
    this.#needHooks();
    super.setOnRequestHook(...args);
  }

  override setOnResponseHook(...args: Parameters<ExpressAdapter['setOnResponseHook']>): void {
    this.#needHooks();
    super.setOnResponseHook(...args);
  }

  /** Where Nest has put it: in front of all others. */
  #needHooks(): void {
    this.getInstance<ExpressApp>().router.stack.unshift(...this.#hooks.splice(0));
  }

  override initHttpServer({ httpsOptions }: NestApplicationOptions): void {
    const app = this.getInstance<ExpressApp>();
    if (this.fastPath) {
      this.#classes = bornInto(app, this.closeListeners);
      this.#answer = plainJson(app);
    }
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      this.#around === undefined ? app(request, response) : this.#around(() => app(request, response));
    this.httpServer =
      httpsOptions === undefined
        ? createServer({ ...this.#classes }, handle)
        : createTlsServer({ ...httpsOptions, ...this.#classes }, handle);
  }

  /** From now on every request is handled within a call of `around`, before any middleware. */
  handleWithin(around: Around): void {
    this.#around = around;
  }

  /** Sends the same headers with every answer, unless the application changes them. */
  addHeaders(headers: ConstantHeaders): void {
    const app = this.getInstance<ExpressApp>();
    if (this.#classes !== undefined && addConstantHeaders(app.response, headers)) {
      // Those that it has replaced are the response's own now.
      this.#answer = plainJson(app);
    } else {
      this.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        headers.forEach(([name, value]) => response.setHeader(name, value));
        next();
      });
    }
  }

  /** Adds the parsers that `add` adds by `useBodyParser()`. */
  addParsers(add: () => void): void {
    if (!this.fastPath) {
      add();
      return;
    }
    const parsers: Middleware[] = [];
    this.#parsers = parsers;
    try {
      add();
    } finally {
      this.#parsers = undefined;
    }
    this.use(onlyForBodies(parsers));
  }

  override use(...args: readonly Middleware[]): unknown {
    return this.#parsers === undefined ? Reflect.apply(super.use.bind(this), this, args) : this.#parsers.push(...args);
  }

  override reply(response: ExpressResponse, body: unknown, statusCode?: number): unknown {
    return this.#answer?.(response, body, statusCode) === true ? response : super.reply(response, body, statusCode);
  }
}
