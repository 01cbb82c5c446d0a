import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { atExit } from '../lifecycle/at-exit.js';
import { LogOutput } from './log-output.js';

/**
 * Makes the process' loggers, which share one output: JSON lines, or readable ones when a person looks at a terminal. Both are
 * written as things happen: the last lines of a process are the ones somebody looks for, and a worker thread would lose them.
 */
export function loggers(inCluster: boolean): (level: string) => Logger {
  const stream = process.stdout.isTTY && !inCluster ? readable() : output();
  return (level) =>
    pino({ level, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream);
}

function output(): DestinationStream {
  const stream = new LogOutput();
  atExit(() => stream.exit());
  return stream;
}

function readable(): DestinationStream {
  return PinoPretty({
    sync: true,
    singleLine: true,
    messageFormat: '{if context}[{context}] {end}{msg}',
    ignore: 'pid,hostname,context',
  });
}
