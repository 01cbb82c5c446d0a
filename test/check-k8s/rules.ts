/** Every rule, in the order of the report. */
import type { Rule } from './rule.js';
import { drainBounded, propagation, slicesFit } from './rules/budget.js';
import { duplicates, image, ownPorts, probePort, resources } from './rules/container.js';
import { envoyKeepAlive } from './rules/envoy.js';
import { deregistrationDelay, keepAlive, loadBalancerForgets, loadBalancerNotices } from './rules/load-balancer.js';
import { istioPreStop, nativePreStop, nativeStartup } from './rules/native-sidecar.js';
import {
  apiVersion,
  labelled,
  misplaced,
  networkPolicy,
  selector,
  serviceLeads,
  serviceType,
} from './rules/objects.js';
import { envAgrees, preStop, preStopShorter } from './rules/pre-stop.js';
import { livenessIsNotReadiness, probes, progressDeadline, readinessNoticed, startupProbe } from './rules/probes.js';
import {
  autoscalerMinimum,
  autoscalerOwnsReplicas,
  disruptionBudget,
  nodeDrained,
  replicas,
  rollingUpdate,
  spotNotice,
  spread,
} from './rules/scaling.js';
import {
  account,
  capabilities,
  hostAccess,
  nonRoot,
  privilege,
  probeHost,
  readOnlyRoot,
  seccomp,
  secretInEnv,
  token,
} from './rules/security.js';
import { routeTimeout } from './rules/route.js';
import { settingsReadable, slicesKnown } from './rules/settings.js';
import {
  cloudSqlProxyStays,
  consulStays,
  daprAppHealth,
  daprStays,
  istioStays,
  linkerdStays,
  sidecarEnds,
  vaultStays,
} from './rules/sidecar-stays.js';

const BUDGET: readonly Rule[] = [
  settingsReadable,
  slicesKnown,
  preStop,
  preStopShorter,
  envAgrees,
  propagation,
  slicesFit,
  drainBounded,
  loadBalancerForgets,
  loadBalancerNotices,
  deregistrationDelay,
  keepAlive,
  routeTimeout,
  envoyKeepAlive,
  probes,
  livenessIsNotReadiness,
  readinessNoticed,
  startupProbe,
  progressDeadline,
  nativePreStop,
  nativeStartup,
  istioPreStop,
  istioStays,
  linkerdStays,
  daprStays,
  daprAppHealth,
  consulStays,
  vaultStays,
  cloudSqlProxyStays,
  sidecarEnds,
  autoscalerMinimum,
  autoscalerOwnsReplicas,
  spotNotice,
  nodeDrained,
];

const GOOD_PRACTICE: readonly Rule[] = [
  replicas,
  rollingUpdate,
  spread,
  disruptionBudget,
  networkPolicy,
  image,
  resources,
  probePort,
  ownPorts,
  duplicates,
  nonRoot,
  seccomp,
  privilege,
  capabilities,
  readOnlyRoot,
  probeHost,
  hostAccess,
  token,
  account,
  secretInEnv,
  selector,
  serviceLeads,
  serviceType,
  labelled,
  apiVersion,
  misplaced,
];

export const RULES: readonly Rule[] = [...BUDGET, ...GOOD_PRACTICE];
