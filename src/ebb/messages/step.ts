import { Logger } from '@nestjs/common';

const logger = new Logger('Messages');

/**
 * Has something done. What throws, rejects or takes too long is a warning.
 *
 * @param what completes "could not": `send its last answers`.
 */
export async function step(transport: string, what: string, longestMs: number, run: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ceiling = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${longestMs} ms`)), longestMs);
  });
  try {
    await Promise.race([Promise.resolve().then(run), ceiling]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ err: error, transport }, `The microservice of ${transport} could not ${what}: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}
