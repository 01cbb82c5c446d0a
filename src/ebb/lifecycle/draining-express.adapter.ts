import type { Server } from 'node:http';
import { FastExpressAdapter } from '../express/fast-express.adapter.js';
import { listen } from '../http/listen.js';

/**
 * Nest's Express adapter, with the drain in `beforeClose()`. It is the only point that Nest 12 awaits before the first
 * shutdown hook. Libraries tear down in `onModuleDestroy` (cqrs, graphql), the very next step: a drain that ran any later
 * would serve its requests with half the application gone.
 */
export class DrainingExpressAdapter extends FastExpressAdapter {
  #drain: () => Promise<void> = async () => {};

  constructor(fastPath?: boolean) {
    // An exchange's.
    super(fastPath, 1);
  }

  /** Sets what {@link beforeClose} awaits. */
  drainWith(drain: () => Promise<void>): void {
    this.#drain = drain;
  }

  // Nest awaits it, whatever Express' own adapter declares it to return.
  // oxlint-disable-next-line typescript/no-misused-promises
  override async beforeClose(): Promise<void> {
    super.beforeClose();
    await this.#drain();
  }

  /**
   * As Express' own, but what goes wrong is handed to the callback alone. Nest would log a line of its own for the same error,
   * beside the one that says what to do.
   */
  override listen(port: string | number, ...args: unknown[]): Server {
    const server: Server = this.getHttpServer();
    const [host] = args;
    void this.#listen(server, Number(port), typeof host === 'string' ? host : undefined, args.at(-1));
    return server;
  }

  async #listen(server: Server, port: number, host: string | undefined, callback: unknown): Promise<void> {
    const nests = server.listeners('error');
    server.removeAllListeners('error');
    const failure = await listen(server, port, host).then(
      () => undefined,
      (error: unknown) => error,
    );
    nests.forEach((listener) => server.on('error', (error) => void Reflect.apply(listener, server, [error])));
    if (typeof callback === 'function') {
      Reflect.apply(callback, undefined, [failure]);
    }
  }
}
