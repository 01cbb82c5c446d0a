import type { PodMoment } from '../load/result.js';
import type { Progress, Watcher } from '../load/watcher.js';

const BAR_WIDTH = 20;

/** Some terminals say that they have none. */
const FALLBACK_COLUMNS = 100;

/** How often a count is printed where there is no terminal to redraw. */
const PLAIN_EVERY_MS = 5_000;

/** Of the many moments, those that somebody who looks on wants to see. */
const SHOWN = new Set([
  'ready',
  'not ready',
  'restarted',
  'deleted',
  'SIGTERM',
  'SIGKILL',
  'exit',
  'gone',
  'lame-duck.over',
  'shutdown.forced',
]);

/** Shows a rollout while it runs: one line that is redrawn on a terminal, plain lines elsewhere. */
export class Display implements Watcher {
  #nextPlainAt = performance.now() + PLAIN_EVERY_MS;

  constructor(private readonly out: NodeJS.WriteStream) {}

  moment(pod: string, { atMs, name, detail }: PodMoment): void {
    if (SHOWN.has(name)) {
      this.line(`${clock(atMs)}  ${pod.padEnd(7)} ${name}${detail === undefined ? '' : ` (${detail})`}`);
    }
  }

  progress(state: Progress): void {
    const done = Math.round((state.replaced / Math.max(state.replicas, 1)) * BAR_WIDTH);
    const bar = '█'.repeat(done) + '░'.repeat(BAR_WIDTH - done);
    this.status(this.out.isTTY ? `${bar} ${summary(state)}` : summary(state));
  }

  /** Shows where it is at; on a terminal in the line that is redrawn, elsewhere now and then. */
  status(text: string): void {
    if (this.out.isTTY) {
      this.#redraw(text);
    } else if (performance.now() >= this.#nextPlainAt) {
      this.#nextPlainAt = performance.now() + PLAIN_EVERY_MS;
      this.line(text);
    }
  }

  /** Prints a line above the one that is redrawn. */
  line(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
  }

  /** Takes the redrawn line away. */
  clear(): void {
    if (this.out.isTTY) {
      this.#redraw('');
    }
  }

  #redraw(text: string): void {
    this.out.write(`\r\u001B[2K${text.slice(0, (this.out.columns || FALLBACK_COLUMNS) - 1)}`);
  }
}

function summary({ atMs, replaced, replicas, requests, failed }: Progress): string {
  return `${clock(atMs)}  ${replaced} of ${replicas} pods replaced, ${requests.toLocaleString('en-US')} requests, ${failed} failed`;
}

function clock(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(5)} s`;
}
