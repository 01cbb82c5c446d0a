/**
 * The client side of the cluster tests is kubectl as a child process, and `kubectl proxy` for what is watched: a drain, an
 * undo, a rollout restart and a kustomization are kubectl's own and no API call, and whoever points kubectl at a cluster
 * has it, with every way of logging in.
 */
import { spawn } from 'node:child_process';
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

/** Runs kubectl in one namespace of the current context. */
export class Kubectl {
  constructor(readonly namespace: string) {}

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
    const child = spawn('kubectl', ['--namespace', this.namespace, ...args], {
      stdio: 'pipe',
      timeout: ceilingMs,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command that ends before it has read its input says why on its own.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code] = (await once(child, 'close').catch((error: unknown) => {
      throw new ClusterError(notStarted(error));
    })) as [number | null];
    if (code !== 0) {
      const why = code === null ? `was ended after ${ceilingMs / 1_000} s` : `failed: ${firstLineOf(stderr)}`;
      throw new ClusterError(`kubectl ${args.join(' ')} ${why}`);
    }
    return { stdout, stderr };
  }

  /**
   * The lines that a command prints while it runs, until it ends by itself or `signal` ends it. A command that fails just
   * ends: what it was to tell has not been told, and whoever waits for that says so.
   */
  async *lines(args: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    const child = spawn('kubectl', ['--namespace', this.namespace, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.once('error', () => undefined);
    const end = () => child.kill('SIGKILL');
    signal.addEventListener('abort', end);
    yield* createInterface({ input: child.stdout });
    signal.removeEventListener('abort', end);
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '--output', 'json'])) as T;
  }
}

/** @param error  what `spawn` failed with */
export function notStarted(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'kubectl is not on the PATH. Install it, at most one minor version away from the cluster.'
    : `kubectl could not be started: ${String(error)}`;
}

/** kubectl's own log, with a date in front, is about how it tried and not about what failed. */
function firstLineOf(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '' && !/^[IWE]\d{4} /.test(line)) ?? 'it did not say why';
}
