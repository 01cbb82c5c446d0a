import type { HelmetOptions } from 'helmet';

/** The `http` of `defineApp()`. */
export interface HttpOptions {
  /**
   * The largest JSON or form body that is read, as `'1mb'` or in bytes; over it, 413. {@link DEFAULT_BODY_LIMIT} when absent.
   * For another limit or parser on some routes call `app.useBodyParser()` or `app.use()` in `setup`: what it reads is not read
   * again.
   */
  readonly bodyLimit?: string | number;
  /**
   * The five security headers that an API needs when absent; true for all of helmet's, or helmet's options, a content security policy
   * for example; false for none.
   */
  readonly helmet?: HelmetOptions | boolean;
  /** false for Express and Nest's adapter as they are: the same answers, more slowly. True when absent. */
  readonly fastPath?: boolean;
}

export const DEFAULT_BODY_LIMIT = '100kb';
