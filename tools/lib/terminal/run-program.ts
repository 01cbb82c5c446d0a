import { UsageError } from './flags.js';

/** Somebody wants it to end. */
export class Interrupted extends Error {}

/** The exit code after Ctrl-C: 128 + SIGINT. */
export const INTERRUPTED = 130;

/**
 * Ends the process with the exit code that `main` resolves with, and with a message and another one when it throws: 2 with the
 * usage for a wrong command line, {@link INTERRUPTED} after Ctrl-C, 1 for everything else.
 */
export async function runProgram(main: () => Promise<number>, usage: string): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    // What was interrupted may still be waiting for something.
    if (error instanceof Interrupted) {
      process.exit(INTERRUPTED);
    }
    const isUsage = error instanceof UsageError;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${usage}\n` : ''}`);
    process.exit(isUsage ? 2 : 1);
  }
}
