import type { Scenario } from './scenario.js';
import { autoscaler } from './scenarios/autoscaler.js';
import { containerRestart } from './scenarios/container-restart.js';
import { controls } from './scenarios/controls.js';
import { nodeEmptied, podDeleted } from './scenarios/deletion.js';
import { dryRun } from './scenarios/dry-run.js';
import { edgeProxy } from './scenarios/edge-proxy.js';
import { envoyAdded, envoyContainerRestart, envoyKilled, throughEnvoy, untoldEnvoy } from './scenarios/envoy.js';
import { istio } from './scenarios/istio.js';
import { longerThanBudget } from './scenarios/longer-than-budget.js';
import { nineSeconds } from './scenarios/nine-seconds.js';
import { nodeDrain } from './scenarios/node-drain.js';
import { queue } from './scenarios/queue.js';
import { rollbackAwaited, rollbackNeverReady, rollbackRefused } from './scenarios/rollback.js';
import { production, rollingDeploy } from './scenarios/rolling-deploy.js';
import { scale } from './scenarios/scale.js';
import { fourSidecars, regularSidecars } from './scenarios/sidecars.js';
import { trafficCluster, trafficLocal } from './scenarios/traffic-policy.js';

/** In the order they are played. */
export const SCENARIOS: readonly Scenario[] = [
  dryRun,
  rollingDeploy,
  production,
  rollbackNeverReady,
  rollbackRefused,
  rollbackAwaited,
  scale,
  autoscaler,
  nodeDrain,
  podDeleted,
  nodeEmptied,
  nineSeconds,
  containerRestart,
  longerThanBudget,
  queue,
  trafficCluster,
  trafficLocal,
  edgeProxy,
  ...throughEnvoy,
  envoyContainerRestart,
  envoyAdded,
  envoyKilled,
  fourSidecars,
  regularSidecars,
  ...istio,
  ...controls,
  untoldEnvoy,
];
