import { ExpressAdapter } from '@nestjs/platform-express';

/**
 * Nest's Express adapter, with the drain in `beforeClose()`. It is the only point that Nest 12 awaits before the first
 * shutdown hook. Libraries tear down in `onModuleDestroy` (cqrs, graphql), the very next step: a drain that ran any later
 * would serve its requests with half the application gone.
 */
export class DrainingExpressAdapter extends ExpressAdapter {
  #drain: () => Promise<void> = async () => {};

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
}
