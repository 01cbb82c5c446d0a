import type { ClusterRolloutOptions } from './options.js';
import type { RolloutResult } from '../lib/load/result.js';
import type { Watcher } from '../lib/load/watcher.js';
import { checkPaths } from '../lib/load/preflight.js';
import { Stage } from '../lib/kubernetes/stage.js';
import { withCluster } from '../lib/kubernetes/with-cluster.js';

const PROGRESS_EVERY_MS = 200;

/**
 * One rolling deploy of a Deployment under load, on the cluster of kubectl's current context, in a namespace that is made for
 * it.
 *
 * @throws `ClusterError` when the cluster does not do, `WrongPathError` when the service has not what clients ask for,
 *   `Interrupted` after Ctrl-C; nothing is left behind either way
 */
export function rollOnCluster(
  options: ClusterRolloutOptions,
  watcher: Watcher & { line(text: string): void },
): Promise<RolloutResult> {
  const { cluster: clusterOptions, replicas, preStopSeconds, graceSeconds } = options;
  return withCluster(
    clusterOptions,
    (line) => watcher.line(line),
    async (cluster) => {
      const stage = new Stage(cluster, { load: options, onMoment: (pod, moment) => watcher.moment(pod.name, moment) });
      const ticker = setInterval(() => watcher.progress(progressOf(stage, replicas)), PROGRESS_EVERY_MS);
      try {
        watcher.line(`Rolling ${replicas} pods of ${clusterOptions.image} under load.`);
        await stage.observer.start();
        await stage.deploy({
          replicas,
          env: env(options),
          ...(preStopSeconds === undefined ? {} : { preStopSeconds }),
          ...(graceSeconds === undefined ? {} : { graceSeconds }),
        });
        await checkPaths(options, cluster.targets[0]);
        await stage.underLoad(() => stage.replaceAll());
        return await stage.result(clusterOptions.image);
      } finally {
        clearInterval(ticker);
        stage.observer.stop();
      }
    },
  );
}

/** Absent where the image decides. */
function env({ propagationSeconds, lameDuckSeconds }: ClusterRolloutOptions): Record<string, string> {
  return {
    ...(propagationSeconds === undefined ? {} : { PROPAGATION_SECONDS: String(propagationSeconds) }),
    ...(lameDuckSeconds === undefined ? {} : { LAME_DUCK_SECONDS: String(lameDuckSeconds) }),
  };
}

function progressOf(stage: Stage, replicas: number) {
  return {
    atMs: stage.now(),
    replaced: Math.min(replicas, stage.observer.pods.filter(({ isGone }) => isGone).length),
    replicas,
    requests: stage.recorder.total,
    failed: stage.recorder.failures.length,
  };
}
