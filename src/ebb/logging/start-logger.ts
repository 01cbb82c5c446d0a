import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { Logger as Pino } from 'pino';

/** Nest's own line for an error that it also throws. */
const RETHROWN = 'ExceptionHandler';

/**
 * What Nest logs to while the application is built. Not kept until it is, as `bufferLogs` would: a start that hangs must not be
 * silent. An error that Nest throws as well is left out, because the line that says why the start failed has it.
 */
export function startLogger(logger: Pino): LoggerService {
  const params = { pinoHttp: { logger } };
  const nest = new Logger(new PinoLogger(params), params);
  return {
    log: (message: unknown, ...more: unknown[]) => nest.log(message, ...more),
    warn: (message: unknown, ...more: unknown[]) => nest.warn(message, ...more),
    debug: (message: unknown, ...more: unknown[]) => nest.debug(message, ...more),
    verbose: (message: unknown, ...more: unknown[]) => nest.verbose(message, ...more),
    fatal: (message: unknown, ...more: unknown[]) => nest.fatal(message, ...more),
    error(message: unknown, ...more: unknown[]) {
      if (more.at(-1) !== RETHROWN) {
        nest.error(message, ...more);
      }
    },
  };
}
