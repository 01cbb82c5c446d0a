/** A subject as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ports } from '../../lib/processes/ports.js';
import type { Subject } from '../subjects.js';
import { children } from './children.js';
import { sharedNow } from './clock.js';
import { get } from './get.js';
import { nodeOn } from './machine.js';
import { within } from './within.js';

const START_CEILING_MS = 30_000;
const EXIT_CEILING_MS = 30_000;

/** Short against every start, and long enough to cost the server nothing. */
const LOOK_EVERY_MS = 2;

const KEPT_LINES = 30;

const ports = new Ports();

/** A program of `inside/`, and whether it talks on Node's own channel or writes to a pipe. */
const PRELOADS = { heartbeat: 'pipe', memory: 'ipc', signal: 'pipe' } as const;

type Preload = keyof typeof PRELOADS;

export interface ServerOptions {
  readonly core: number | undefined;
  /** What is loaded before the subject. */
  readonly preload?: Preload;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  /** On the clock of `sharedNow()`. */
  readonly atMs: number;
  readonly how: string;
}

export class Server {
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #lastLines: string[] = [];

  private constructor(
    readonly subject: Subject,
    readonly port: number,
    readonly managementPort: number,
    readonly child: ChildProcess,
    /** On the clock of `sharedNow()`. */
    readonly spawnedAtMs: number,
  ) {
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on('line', (line) => this.#keep(line));
      }
    }
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.exit = { atMs: sharedNow(), how: String(signal ?? code) };
      return this.exit;
    });
  }

  /** Starts a subject, and does not wait for it. */
  static async spawn(subject: Subject, { core, preload, env = {} }: ServerOptions): Promise<Server> {
    const [port, managementPort] = [await ports.take(), await ports.take()];
    const [command, args] = commandOf(subject, core, preload);
    const spawnedAtMs = sharedNow();
    const child = spawn(command, args, {
      // Nothing of the host's environment decides a figure.
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: String(port),
        MANAGEMENT_PORT: String(managementPort),
        ...subject.env,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', preload === undefined ? 'ignore' : PRELOADS[preload]],
    });
    return new Server(subject, port, managementPort, child, spawnedAtMs);
  }

  /** Starts a subject and waits until it is ready. */
  static async start(subject: Subject, options: ServerOptions): Promise<Server> {
    const server = await Server.spawn(subject, options);
    await server.ready();
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What a preloaded program writes. */
  get pipe(): Readable | undefined {
    return (this.child.stdio[3] ?? undefined) as Readable | undefined;
  }

  portOf(which: 'public' | 'management'): number {
    return which === 'public' ? this.port : this.managementPort;
  }

  /** Waits for its first 200. @throws Error with its output when it ends or takes too long. */
  ready(): Promise<void> {
    const { readyOn, readyPath } = this.subject;
    return this.until('is not ready', START_CEILING_MS, async () => {
      return (await get(this.portOf(readyOn), readyPath))?.status === 200;
    });
  }

  /** Looks until something is so. @throws Error with its output when it ends or takes too long. */
  async until(isNot: string, ceilingMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + ceilingMs;
    for (;;) {
      if (this.exit === undefined && (await isSo())) {
        return;
      }
      this.assertAlive();
      if (performance.now() > deadline) {
        throw this.#failure(`${isNot} after ${ceilingMs / 1_000} s`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** @throws Error with its output when it has ended. */
  assertAlive(): void {
    if (this.exit !== undefined) {
      throw this.#failure(`ended (${this.exit.how})`);
    }
  }

  /** Asks it to go. @throws Error when it does not. */
  stop(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return within(EXIT_CEILING_MS, this.exited, () => {
      this.kill();
      return this.#failure(`is still there ${EXIT_CEILING_MS / 1_000} s after SIGTERM`);
    });
  }

  /** Ends it now. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  #keep(line: string): void {
    this.#lastLines.push(line);
    this.#lastLines.splice(0, this.#lastLines.length - KEPT_LINES);
  }

  #failure(what: string): Error {
    return new Error(`${this.subject.title} ${what}. Its last output:\n${this.#lastLines.join('\n')}`);
  }
}

function commandOf({ command, args }: Subject, core: number | undefined, preload?: Preload): [string, string[]] {
  if (command !== undefined) {
    // `exec`, so that signals reach the program and not a shell in front of it.
    const line = `exec ${command}`;
    return core === undefined ? ['sh', ['-c', line]] : ['taskset', ['--cpu-list', String(core), 'sh', '-c', line]];
  }
  const inside = fileURLToPath(new URL(`../inside/${preload}.js`, import.meta.url));
  const flags = preload === undefined ? [] : ['--expose-gc', '--import', inside];
  return nodeOn(core, [...flags, ...args]);
}
