import type { Logger } from 'pino';
import { ConfigurationError } from '../config/config.js';
import { SidecarsNotReadyError } from '../sidecars/wait-for-sidecars.js';
import type { ShutdownSignal, SignalHandler } from './signals.js';
import { writeTerminationMessage } from './termination-message.js';

/** What a signal means before the pod is ready: nothing to drain, and no hook may run on an app that is half built. */
export function leaveBeforeReady(logger: Logger): SignalHandler {
  const exit = (signal: ShutdownSignal, exitCode: number) => {
    logger.info({ event: 'shutdown.complete', phase: 'starting', signal, exitCode }, 'Server exiting');
    process.exit(exitCode);
  };
  return { first: (signal) => exit(signal, 0), again: exit };
}

/** Ends a process that cannot start: one line that says why, and exit code 1. */
export function refuseToStart(error: unknown, logger: Logger, inCluster: boolean): never {
  const reason = explain(error);
  if (reason === undefined) {
    logger.fatal({ event: 'startup.failed', err: error }, 'Cannot start');
  } else {
    logger.fatal({ event: 'startup.failed' }, reason);
  }
  if (inCluster) {
    writeTerminationMessage(reason ?? String(error));
  }
  process.exit(1);
}

/** What is wrong in words that need no stack; undefined for an error that nobody expected. */
function explain(error: unknown): string | undefined {
  if (error instanceof ConfigurationError || error instanceof SidecarsNotReadyError) {
    return error.message;
  }
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) {
    return undefined;
  }
  const address = 'address' in error ? String(error.address) : 'every interface';
  const where = `${address}, port ${'port' in error ? String(error.port) : 'unknown'}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `Cannot start: ${where} is in use by another program. End that one, or set PORT or MANAGEMENT_PORT.`;
    case 'EACCES':
      return `Cannot start: no permission to listen on ${where}. Set PORT and MANAGEMENT_PORT to 1024 or more.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Cannot start: HOST is no address of this machine (${error.message}). Leave it unset for every interface.`;
    default:
      return undefined;
  }
}
