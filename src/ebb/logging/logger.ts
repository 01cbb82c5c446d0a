import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';

/**
 * The process' logger: JSON lines, or readable ones when a person looks at a terminal.
 *
 * Written synchronously in both cases: the last lines of a process are the ones somebody looks for, and a buffer or a
 * worker thread would lose them at the exit.
 */
export function createLogger(level: string, inCluster: boolean): Logger {
  const isReadable = process.stdout.isTTY && !inCluster;
  const stream: DestinationStream = isReadable
    ? PinoPretty({
        sync: true,
        singleLine: true,
        messageFormat: '{if context}[{context}] {end}{msg}',
        ignore: 'pid,hostname,context',
      })
    : destination({ sync: true });
  return pino(
    { level, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
}
