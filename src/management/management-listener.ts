/**
 * The second listener of the one application: probes and metrics, on a port that no Service routes to. It opens before
 * any feature starts and closes after all of them are done, and what is connected to it is never waited for.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable, NotFoundException, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG, type Config } from '../config/config.js';
import { portOf } from '../http/port-of.js';

/** What it answers, and what the public listener answers 404 for. */
const MANAGEMENT_PATHS = new Set(['/livez', '/readyz', '/startupz', '/metrics']);

/** A probe is one short request; whoever is slower than this is not one. */
const REQUEST_TIMEOUT_MS = 10_000;

@Injectable()
export class ManagementListener implements OnModuleInit, OnApplicationShutdown {
  readonly #requests = new WeakSet<IncomingMessage>();
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

  /** The port it listens on. */
  get port(): number {
    return portOf(this.#server);
  }

  /** @throws Error (a rejection) with the system's code when the port cannot be bound. */
  async onModuleInit(): Promise<void> {
    const { host, managementPort: port } = this.config;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
    });
  }

  onApplicationShutdown(signal?: string): void {
    // After a signal it answers until the process exits: /livez stays 200 to the very end.
    if (signal === undefined) {
      this.#server.close();
      this.#server.closeAllConnections();
    }
  }

  /** Middleware: each listener answers its own paths and knows nothing of the other's. */
  readonly separate = (request: IncomingMessage, _response: ServerResponse, next: (error?: unknown) => void): void => {
    // As the router matches: without regard to case and to a slash at the end.
    const path = (request.url ?? '').split('?', 1)[0]?.toLowerCase().replace(/\/$/, '') ?? '';
    const isOwn = MANAGEMENT_PATHS.has(path);
    next(
      isOwn === this.#requests.has(request)
        ? undefined
        : new NotFoundException(`Cannot ${request.method} ${request.url}`),
    );
  };
}
