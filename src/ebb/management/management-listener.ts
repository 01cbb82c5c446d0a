/**
 * The second listener of the one application: probes and metrics, on a port that no Service routes to. It opens before
 * any feature starts and closes after all of them are done, and what is connected to it is never waited for.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { Inject, Injectable, NotFoundException, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';
import { CONFIG, type Config } from '../config/config.js';
import { listen } from '../http/listen.js';

/** What it answers, and what the public listener answers 404 for. */
const MANAGEMENT_PATHS = new Set(['/livez', '/readyz', '/startupz', '/metrics']);

/** A probe is one short request; whoever is slower than this is not one. */
const REQUEST_TIMEOUT_MS = 10_000;

@Injectable()
export class ManagementListener implements OnModuleInit, OnApplicationShutdown {
  readonly #requests = new WeakSet<IncomingMessage>();
  #port = 0;
  readonly #server: Server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      this.#requests.add(request);
      this.host.httpAdapter.getInstance<RequestListener>()(request, response);
    },
  );

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The port it listens on; 0 before {@link onModuleInit}. */
  get port(): number {
    return this.#port;
  }

  /** @throws Error (a rejection) with the system's code when the port cannot be bound. */
  async onModuleInit(): Promise<void> {
    this.#port = await listen(this.#server, this.config.managementPort, this.config.host);
  }

  onApplicationShutdown(signal?: string): void {
    // After a signal it answers until the process exits: /livez stays 200 to the very end.
    if (signal === undefined) {
      this.#server.close();
      this.#server.closeAllConnections();
    }
  }

  /** Middleware: each listener answers its own paths and knows nothing of the other's. */
  readonly separate = (request: Request, _response: Response, next: NextFunction): void => {
    // As the router matches: the path that Express finds in the URL, without regard to case and to a slash at the end.
    const isOwn = MANAGEMENT_PATHS.has(request.path.toLowerCase().replace(/\/$/, ''));
    if (isOwn === this.#requests.has(request)) {
      next();
    } else {
      next(new NotFoundException(`Cannot ${request.method} ${request.originalUrl}`));
    }
  };
}
