/** Every rule, in the order of the report. */
import type { Rule } from './rule.js';
import { drainBounded, propagation, slicesFit } from './rules/budget.js';
import { duplicates, image, ownPorts, probePort, resources, signals } from './rules/container.js';
import { envoyKeepAlive } from './rules/envoy.js';
import {
  deregistrationDelay,
  keepAlive,
  loadBalancerCuts,
  loadBalancerForgets,
  loadBalancerNotices,
} from './rules/load-balancer.js';
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
  secretInConfigMap,
  secretInEnv,
  token,
} from './rules/security.js';
import { longLived } from './rules/long-lived.js';
import { routeAccepted, routeTimeout } from './rules/route.js';
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
  signals,
  envAgrees,
  propagation,
  slicesFit,
  drainBounded,
  loadBalancerForgets,
  loadBalancerNotices,
  loadBalancerCuts,
  deregistrationDelay,
  keepAlive,
  routeTimeout,
  routeAccepted,
  envoyKeepAlive,
  longLived,
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

/**
 * What kube-linter, kube-score and polaris object to, as far as a service can satisfy it by itself. In rules of our own: they
 * are three Go programs, no package of npm's registry, and one report with one way to waive is worth more than their number.
 *
 * Left out on purpose: a CPU limit (it pauses the event loop, see `resources`), `imagePullPolicy: Always` (a tag that is never
 * moved need not be asked for, and the registry would be part of every start), a user above 10000 (not to be root is what
 * counts), a priority class and a namespace (the cluster's to say), files in the place of variables.
 */
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
  secretInConfigMap,
  selector,
  serviceLeads,
  serviceType,
  labelled,
  apiVersion,
  misplaced,
];

export const RULES: readonly Rule[] = [...BUDGET, ...GOOD_PRACTICE];
