import { INTERRUPTED, Interrupted } from '../terminal/run-program.js';
import { Cluster } from './cluster.js';
import type { ClusterOptions } from './options.js';

/** npm passes Ctrl-C on to what it runs, and the terminal sends it too: a second one this soon is the same key press. */
const SAME_PRESS_MS = 1_000;

/**
 * Runs something on the cluster, and leaves the cluster as it was, also when it fails or is interrupted. A second Ctrl-C ends
 * the process at once.
 *
 * @param say  shows a line to whoever looks on
 * @throws {@link Interrupted} after Ctrl-C; what `run` does then fails as soon as it uses the cluster
 */
export async function withCluster<T>(
  options: ClusterOptions,
  say: (line: string) => void,
  run: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = new Cluster(options);
  const interrupted = new Promise<never>((_resolve, reject) => {
    let since: number | undefined;
    const stop = () => {
      if (since === undefined) {
        since = performance.now();
        say(`Interrupted: removing namespace ${options.namespace}. Press Ctrl-C again to leave it behind.`);
        reject(new Interrupted());
      } else if (performance.now() - since > SAME_PRESS_MS) {
        say(`Left behind: kubectl delete namespace ${options.namespace}`);
        process.exit(INTERRUPTED);
      }
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
    // What goes wrong while nobody waits for it would end the process, and leave everything behind.
    process.on('unhandledRejection', reject);
  });
  const running = cluster.open().then(() => run(cluster));
  try {
    const result = await Promise.race([interrupted, running]);
    await cluster.close();
    return result;
  } catch (error) {
    // Nobody waits for it any more when it was interrupted.
    running.catch(() => undefined);
    await cluster.close().catch((left: unknown) => say((left as Error).message));
    throw error;
  }
}
