import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ClusterError, type Kubectl, notStarted } from './kubectl.js';

const READY_CEILING_MS = 15_000;
const ANSWER_CEILING_MS = 15_000;

/**
 * The cluster's API, read through `kubectl proxy`: it logs in, and what is asked every second or watched for minutes needs
 * no process each. It listens on a socket in a folder that only this user can enter, not on a port that anybody could
 * use.
 */
export class Api {
  private constructor(
    private readonly folder: string,
    private readonly socketPath: string,
    private readonly proxy: ChildProcess,
  ) {}

  /** @throws {@link ClusterError} when the proxy does not come up */
  static async open(kubectl: Kubectl): Promise<Api> {
    const folder = await mkdtemp(join(tmpdir(), 'ebb-cluster-'));
    const socketPath = join(folder, 'api.sock');
    const proxy = kubectl.start(['proxy', `--unix-socket=${socketPath}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    const api = new Api(folder, socketPath, proxy);
    let complaint = '';
    proxy.stderr?.setEncoding('utf8').on('data', (line: string) => (complaint += line));
    const ended = once(proxy, 'exit').then(
      () => `kubectl proxy ended: ${complaint.trim()}`,
      (error: unknown) => notStarted(error),
    );
    const ceiling = AbortSignal.timeout(READY_CEILING_MS);
    const failure = await Promise.race([
      // It prints one line, once it listens.
      once(proxy.stdout ?? proxy, 'data', { signal: ceiling }).then(
        () => undefined,
        () => `kubectl proxy did not start within ${READY_CEILING_MS / 1_000} s. ${complaint.trim()}`,
      ),
      ended,
    ]);
    if (failure !== undefined) {
      await api.close();
      throw new ClusterError(failure);
    }
    return api;
  }

  /** @throws {@link ClusterError} when the answer is not 200, or does not come */
  async get(path: string): Promise<string> {
    const response = await this.#ask(path, AbortSignal.timeout(ANSWER_CEILING_MS));
    return text(response).catch((error: unknown) => {
      throw new ClusterError(`The answer to ${path} ended early: ${(error as Error).message}`);
    });
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse(await this.get(path)) as T;
  }

  /** The lines of an answer that goes on until `signal` or the server ends it. @throws like {@link get}, or when it breaks off */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#ask(path, signal);
    let rest = '';
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!signal.aborted) {
        throw new ClusterError(`The answer to ${path} ended early: ${(error as Error).message}`);
      }
    }
  }

  async close(): Promise<void> {
    this.proxy.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #ask(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const asked = request({ socketPath: this.socketPath, path, signal, agent: false });
    asked.end();
    const [response] = (await once(asked, 'response').catch((error: unknown) => {
      throw new ClusterError(`The API server does not answer ${path}: ${(error as Error).message}`);
    })) as [IncomingMessage];
    // Ended by the signal after its response began: `once` has taken its listener away by then.
    asked.on('error', () => undefined);
    if (response.statusCode !== 200) {
      throw new ClusterError(`The API server answers ${response.statusCode} to ${path}: ${await text(response)}`);
    }
    return response;
  }
}
