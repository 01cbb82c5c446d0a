import { constants, openSync, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** What is kept for a reader that has stopped reading. More is dropped, and counted. */
export const LONGEST_QUEUE_BYTES = 1_048_576;

/** How often it is tried again. */
const RETRY_EVERY_MS = 50;

/** How long the end of the process waits for a reader, all last lines together. */
const EXIT_CEILING_MS = 500;

const EXIT_RETRY_MS = 5;

const STDOUT = 1;

/**
 * Standard output, written as things happen, which never blocks. A pipe that nobody reads takes 64 kB; the next write to it
 * would stop the event loop, and with it every answer, `/livez` and SIGTERM.
 */
export class LogOutput implements DestinationStream {
  readonly #fd: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #isScheduled = false;
  #exitCeilingAt: number | undefined;

  /** @param fd for tests; standard output is opened anew when absent, because its own mode is shared with others. */
  constructor(fd = openWithoutBlocking()) {
    this.#fd = fd;
  }

  /** Takes a line. What cannot be written now is kept, or dropped once too much is. */
  write(line: string): void {
    if (this.#queuedBytes >= LONGEST_QUEUE_BYTES) {
      this.#dropped += 1;
    } else {
      const bytes = Buffer.from(line);
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    }
    this.#flush();
    if (this.#exitCeilingAt !== undefined) {
      this.#flushUntil(this.#exitCeilingAt);
    }
  }

  /** The process ends: from now on each write waits a little for the reader. */
  exit(): void {
    this.#exitCeilingAt ??= performance.now() + EXIT_CEILING_MS;
    this.#flushUntil(this.#exitCeilingAt);
  }

  #flushUntil(endAt: number): void {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (this.#queue.length > 0 && performance.now() < endAt) {
      Atomics.wait(cell, 0, 0, EXIT_RETRY_MS);
      this.#flush();
    }
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#writeFirst());
    if (this.#queue.length === 0) {
      this.#say();
    }
    if (this.#queue.length > 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      setTimeout(() => {
        this.#isScheduled = false;
        this.#flush();
      }, RETRY_EVERY_MS).unref();
    }
  }

  /** Once somebody reads again. */
  #say(): void {
    if (this.#dropped > 0) {
      const msg = `${this.#dropped} lines of the log were dropped: nobody read standard output`;
      const line = { level: 'warn', time: new Date().toISOString(), dropped: this.#dropped, msg };
      this.#dropped = 0;
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
      this.#flush();
    }
  }

  /** Whether the first of the queue is out, so that the next can be tried. */
  #writeFirst(): boolean {
    const [first = Buffer.alloc(0)] = this.#queue;
    try {
      const written = writeSync(this.#fd, first);
      this.#queuedBytes -= written;
      if (written < first.length) {
        this.#queue[0] = first.subarray(written);
        return false;
      }
    } catch (error) {
      if (isBusy(error)) {
        return false;
      }
      // Whoever read it is gone for good.
      this.#queuedBytes -= first.length;
    }
    this.#queue.shift();
    return true;
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EAGAIN';
}

function openWithoutBlocking(): number {
  try {
    return openSync(`/proc/self/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_APPEND);
  } catch {
    // A socket, or no such folder: it may block.
    return STDOUT;
  }
}
