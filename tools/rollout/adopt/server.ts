/** A program that serves, as a child process, and what its clients see. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ports } from '../../lib/processes/ports.js';

/** The ceiling of every wait. */
const CEILING_MS = 20_000;

const LOOK_EVERY_MS = 50;

const ports = new Ports();

export class Server {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  #output = '';

  private constructor(
    main: string,
    readonly port: number,
    readonly managementPort: number,
  ) {
    // Nothing of the host's environment decides a test.
    const env = { PORT: String(port), MANAGEMENT_PORT: String(managementPort), API_KEY: 'a-key' };
    this.#child = spawn(process.execPath, [main], { env, stdio: 'pipe' });
    this.#exit = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  /** Starts it, and waits until it answers. */
  static async start(main: string): Promise<Server> {
    const server = new Server(main, await ports.take(), await ports.take());
    const deadline = performance.now() + CEILING_MS;
    while (!(await server.#answers())) {
      if (server.#child.exitCode !== null || performance.now() > deadline) {
        server.kill();
        throw new Error(`${main} does not answer. It printed:\n${server.#output}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
    return server;
  }

  send(path: string, init: RequestInit = {}, port = this.port): Promise<Response> {
    return fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(CEILING_MS) });
  }

  /** Asks it to go. Resolves with its exit code; null when a signal ended it, this one or that of the ceiling. */
  async stop(): Promise<number | null> {
    const killer = setTimeout(() => this.kill(), CEILING_MS);
    this.#child.kill('SIGTERM');
    const [code] = await this.#exit;
    clearTimeout(killer);
    return code as number | null;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #answers(): Promise<boolean> {
    try {
      return (await this.send('/api')).ok;
    } catch {
      return false;
    }
  }
}
