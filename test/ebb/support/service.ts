/**
 * A service as a child process: the only way the tests meet it. Its log is read as it comes, so that a test waits for
 * what happened and never for a while.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../../tools/lib/processes/until.js';

/** One line of the log; what a moment carries is in `src/ebb/lifecycle/shutdown.ts`. */
export interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Of a service that left politely. */
export const CLEAN: Exit = { code: 0, signal: null };

/** Of one that did not, or could not start. */
export const FAILED: Exit = { code: 1, signal: null };

/** Slices that are over soon, for what reaches their ends. */
export const SHORT_BUDGET = { LAME_DUCK_SECONDS: '0.3', DRAIN_TIMEOUT_SECONDS: '0.7', CLEANUP_SECONDS: '0.6' };

export interface ServiceOptions {
  /** Added to an environment that is empty otherwise: nothing of the host decides a test. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs it; this Node when absent. */
  readonly command?: string;
  /** What runs, from the project's root; the application of `sample.app.ts` when absent. */
  readonly args?: readonly string[];
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const running = new Set<Service>();

/** An application of `test/ebb/apps/`, as {@link ServiceOptions.args}. */
export function app(name: string, ...args: string[]): string[] {
  return ['dist-test/test/ebb/support/serve.js', name, ...args];
}

/** An application of `test/ebb/apps/` under Nest alone, for controls, as {@link ServiceOptions.args}. */
export function stock(name: string, ...args: string[]): string[] {
  return ['dist-test/test/ebb/support/serve-stock.js', name, ...args];
}

/** The application of `fixture.app.ts` with the given traits, as {@link ServiceOptions.args}. */
export function fixture(...traits: string[]): string[] {
  return app('fixture', ...traits);
}

export class Service {
  readonly lines: LogLine[] = [];
  /** What it printed that is no JSON. */
  readonly text: string[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  /** Starts a service and does not wait for it. */
  static spawn(options: ServiceOptions = {}): Service {
    return new Service(options);
  }

  /** Starts a service and waits until it is ready. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(options);
    await service.event('startup.complete');
    return service;
  }

  private constructor({ command = process.execPath, env = {}, args = app('sample') }: ServiceOptions) {
    this.#child = spawn(command, [...args], {
      cwd: root,
      env: { PORT: '0', MANAGEMENT_PORT: '0', HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that whatever it starts can be ended with it.
      detached: true,
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on('line', (line) => this.#read(line));
      }
    }
    // `close`, not `exit`: the last lines of the log have been read by then.
    this.exited = once(this.#child, 'close').then((values: unknown[]) => {
      running.delete(this);
      this.#hasEnded = true;
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      return { code, signal };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get port(): number {
    return Number(this.moment('startup.complete')['port']);
  }

  get managementPort(): number {
    return Number(this.moment('startup.complete')['managementPort']);
  }

  /** The same of a service that may still be starting. */
  async earlyManagementPort(): Promise<number> {
    const line = await this.line(({ msg }) => msg === 'Answering probes', 'the port of the probes');
    return Number(line['managementPort']);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops reading what it prints, until {@link resumeOutput}. */
  pauseOutput(): void {
    this.#child.stdout?.pause();
  }

  resumeOutput(): void {
    this.#child.stdout?.resume();
  }

  /** Ends it and whatever it started, now. */
  killGroup(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }

  /** A moment that has been logged. @throws Error when it has not. */
  moment(event: string): LogLine {
    const line = this.lines.find((candidate) => candidate.event === event);
    if (line === undefined) {
      throw new Error(`The service has not logged "${event}".\n${this.log}`);
    }
    return line;
  }

  /** The names of the moments in the order of the log. */
  get events(): string[] {
    return this.lines.flatMap(({ event }) => event ?? []);
  }

  /** What it warned of. */
  get warnings(): string[] {
    return this.lines.flatMap(({ level, msg }) => (level === 'warn' && msg !== undefined ? [msg] : []));
  }

  /** Everything it printed, for the message of a failure. */
  get log(): string {
    return [...this.lines.map((line) => JSON.stringify(line)), ...this.text].join('\n');
  }

  /** Waits for a moment. */
  event(event: string): Promise<LogLine> {
    return this.line((line) => line.event === event, `the moment "${event}"`);
  }

  /** Waits for a line of the log. @throws Error when the service ends without it. */
  line(matches: (line: LogLine) => boolean, what: string): Promise<LogLine> {
    return until(
      what,
      () => this.lines.find(matches),
      () => this.#hasEnded,
      () => this.log,
    );
  }

  #read(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.text.push(line);
    }
  }
}

/** Ends what a test has left running. For `afterEach`. */
export async function endServices(): Promise<void> {
  const left = [...running];
  for (const service of left) {
    service.killGroup();
  }
  await Promise.all(left.map(({ exited }) => exited));
}
