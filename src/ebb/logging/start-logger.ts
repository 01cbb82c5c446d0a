import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { Logger as Pino } from 'pino';

/**
 * Who logs what the start fails of in any case: Nest throws the one, and ends the process after the other. The line that says
 * why the start failed has it.
 */
const SAID_ELSEWHERE: ReadonlySet<unknown> = new Set(['ExceptionHandler', 'PackageLoader']);

/**
 * What Nest logs to until the application is ready. Not kept until then, as `bufferLogs` would: a start that hangs must not be
 * silent.
 *
 * @param heard is told every error, also those that are not logged here.
 */
export function startLogger(logger: Pino, heard: (error: string) => void): LoggerService {
  const params = { pinoHttp: { logger } };
  const nest = new Logger(new PinoLogger(params), params);
  return {
    log: (message: unknown, ...more: unknown[]) => nest.log(message, ...more),
    warn: (message: unknown, ...more: unknown[]) => nest.warn(message, ...more),
    debug: (message: unknown, ...more: unknown[]) => nest.debug(message, ...more),
    verbose: (message: unknown, ...more: unknown[]) => nest.verbose(message, ...more),
    fatal: (message: unknown, ...more: unknown[]) => nest.fatal(message, ...more),
    error(message: unknown, ...more: unknown[]) {
      heard(message instanceof Error ? message.message : String(message));
      if (!SAID_ELSEWHERE.has(more.at(-1))) {
        nest.error(message, ...more);
      }
    },
  };
}
