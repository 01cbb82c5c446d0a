/**
 * The client side of the cluster tests is kubectl as a child process, and `kubectl proxy` for what is watched: a drain, an
 * undo, a rollout restart and a kustomization are kubectl's own and no API call, and whoever points kubectl at a cluster
 * has it, with every way of logging in.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The ceiling of a command that names none. */
const COMMAND_CEILING_MS = 60_000;

/** What went wrong in the tests' surroundings, in one line that says what to do. */
export class ClusterError extends Error {}

/** It would go wrong for every scenario: there is no use in playing the next one. */
export class UnusableCluster extends ClusterError {}

export interface KubectlOptions {
  /** Handed to the command as its standard input. */
  readonly input?: string;
  readonly ceilingMs?: number;
}

export interface KubectlOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl in one namespace of one context, whatever becomes the current one meanwhile. */
export class Kubectl {
  readonly #running = new Set<ChildProcess>();
  #isEnded = false;

  /** @param context  absent: the current one */
  constructor(
    readonly namespace: string,
    readonly context?: string,
  ) {}

  /**
   * Resolves with what it printed.
   *
   * @throws {@link ClusterError} when it fails, takes longer than its ceiling or is not installed
   */
  async run(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    return (await this.output(args, options)).stdout;
  }

  /** The same, with what it warned of. */
  async output(
    args: readonly string[],
    { input, ceilingMs = COMMAND_CEILING_MS }: KubectlOptions = {},
  ): Promise<KubectlOutput> {
    const child = this.start(args, { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command that ends before it has read its input says why on its own.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    let isLate = false;
    const ceiling = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, ceilingMs);
    const [code, signal] = (await once(child, 'close')
      .catch((error: unknown) => {
        throw new ClusterError(notStarted(error));
      })
      .finally(() => clearTimeout(ceiling))) as [number | null, string | null];
    if (code !== 0) {
      const why = isLate
        ? `was ended after ${ceilingMs / 1_000} s`
        : `failed: ${firstLineOf(stderr) ?? signal ?? code}`;
      throw new ClusterError(`kubectl ${args.join(' ')} ${why}`);
    }
    return { stdout, stderr };
  }

  /**
   * The lines that a command prints while it runs, until it ends by itself or `signal` ends it. A command that fails just
   * ends: what it was to tell has not been told, and whoever waits for that says so.
   */
  async *lines(args: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    const child = this.start(args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.once('error', () => undefined);
    const end = () => child.kill('SIGKILL');
    signal.addEventListener('abort', end);
    if (child.stdout !== null) {
      yield* createInterface({ input: child.stdout });
    }
    signal.removeEventListener('abort', end);
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '--output', 'json'])) as T;
  }

  /**
   * Starts a command that is ended with all others.
   *
   * @throws {@link ClusterError} after {@link end}
   */
  start(args: readonly string[], options: SpawnOptions): ChildProcess {
    if (this.#isEnded) {
      throw new ClusterError('The run is over.');
    }
    const context = this.context === undefined ? [] : ['--context', this.context];
    // In a process group of its own: a terminal's Ctrl-C goes to all of ours, and would end the command that tidies up.
    const child = spawn('kubectl', [...context, '--namespace', this.namespace, ...args], {
      ...options,
      detached: true,
    });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return child;
  }

  /** Ends every command that runs, and lets none begin. */
  end(): void {
    this.#isEnded = true;
    for (const child of this.#running) {
      child.kill('SIGKILL');
    }
  }
}

/** @param error  what `spawn` failed with */
export function notStarted(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'kubectl is not on the PATH. Install it, at most one minor version away from the cluster.'
    : `kubectl could not be started: ${String(error)}`;
}

/** Of what it complained about. Its own log, with a date in front, is about how it tried and not about what failed. */
function firstLineOf(text: string): string | undefined {
  return text.split('\n').find((line) => line.trim() !== '' && !/^([IWE]\d{4} |Warning: )/.test(line));
}
