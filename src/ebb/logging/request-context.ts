import type { PinoLogger } from 'nestjs-pino';

/**
 * Middleware: what a request logs has a context of its own, so that `PinoLogger.assign({ orderId })` adds fields to all lines
 * of that request that come after it, and to no other's.
 */
export function inRequestContext(logger: PinoLogger): (request: unknown, response: unknown, next: () => void) => void {
  return (_request, _response, next) => logger.runInContext(next);
}
