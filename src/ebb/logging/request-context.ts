import type { PinoLogger } from 'nestjs-pino';

/**
 * What a request logs has a context of its own, so that `PinoLogger.assign({ orderId })` adds fields to all lines of that request
 * that come after it, and to no other's.
 *
 * @returns runs the handling of a request in one.
 */
export function requestContext(logger: PinoLogger): (handle: () => void) => void {
  return (handle) => logger.runInContext(handle);
}
