/**
 * What of the service itself can be set from outside. The only reader of `process.env`; everybody else is handed a
 * {@link Config}.
 */
import { z } from 'zod';
import { described, type Environment, type Reading, readVariables } from './mistakes.js';
import { budgetMisfits, type TimeBudget } from './time-budget.js';
import { choice, isSeconds, LONGEST_SECONDS, optionalVariable, port, seconds, variable } from './variables.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The service's configuration, checked. Durations are in milliseconds. */
export interface Config {
  /** Whether this runs in a Kubernetes pod. */
  readonly inCluster: boolean;
  /** The address both listeners bind to; absent: every interface. */
  readonly host?: string;
  /** The public listener's port; 0 takes a free one. */
  readonly port: number;
  /** The port of probes and metrics; 0 takes a free one. */
  readonly managementPort: number;
  readonly budget: TimeBudget;
  /** How long an idle connection is kept. Symbol K. */
  readonly keepAliveMs: number;
  /** The most connections that the public listener has open at a time; absent: as many as file descriptors allow. */
  readonly maxConnections?: number;
  /** How long a client may pause in the middle of a body. */
  readonly uploadPauseMs: number;
  readonly logLevel: LogLevel;
}

/** Injects the {@link Config}: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');

/** The environment of this process, as it is now. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Whether this runs in a pod: the kubelet sets `KUBERNETES_SERVICE_HOST` in every container. */
export function isInCluster(env: Environment = processEnvironment()): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST']);
}

const drainMust = `must be a number of seconds from 0 to ${LONGEST_SECONDS}, decimals allowed, or "unbounded", for example 30`;

const drainTimeout = variable(
  drainMust,
  '30',
  z
    .string()
    .refine((text) => text === 'unbounded' || isSeconds(text), drainMust)
    .transform((text) => (text === 'unbounded' ? text : Number(text))),
);

const maxConnectionsMust = 'must be a whole number of connections from 1 to 1000000, for example 10000';

const maxConnections = optionalVariable(
  z
    .string()
    .refine((text) => /^[1-9]\d{0,6}$/.test(text) && Number(text) <= 1_000_000, maxConnectionsMust)
    .transform(Number),
);

/**
 * What stands in the pod spec is set in a cluster and not assumed: a pod that trusts a preStop sleep which nobody wrote is gone
 * before anybody has forgotten it.
 */
function fromPodSpec(field: string) {
  const must =
    `must be a number of seconds from 0 to ${LONGEST_SECONDS}, the pod spec's ${field}. Write it into the env of this container ` +
    'too, as k8s/transformers/termination-env does';
  return variable(must, undefined, z.string().refine(isSeconds, must).transform(Number));
}

/** The slices of the time budget. Some defaults depend on the place: without a cluster there are no endpoints to tell. */
function budgetVariables(inCluster: boolean, sidecarSeconds: number) {
  return {
    TERMINATION_GRACE_PERIOD_SECONDS: inCluster ? fromPodSpec('terminationGracePeriodSeconds') : seconds(60),
    PRE_STOP_SECONDS: inCluster ? fromPodSpec('lifecycle.preStop.sleep.seconds, 0 where there is none') : seconds(0),
    PROPAGATION_SECONDS: seconds(inCluster ? 5 : 0),
    LAME_DUCK_SECONDS: seconds(inCluster ? 5 : 0),
    DRAIN_TIMEOUT_SECONDS: drainTimeout,
    CLEANUP_SECONDS: seconds(5),
    SIDECAR_SECONDS: seconds(sidecarSeconds),
  };
}

const otherVariables = {
  PORT: port(3_000),
  MANAGEMENT_PORT: port(9_000),
  HOST: optionalVariable(z.string()),
  // Not 0, which Node takes for "never", and no fraction of 1, which it announces to clients as 0.
  KEEP_ALIVE_SECONDS: seconds(75, 1),
  MAX_CONNECTIONS: maxConnections,
  UPLOAD_PAUSE_SECONDS: seconds(30, 1),
  LOG_LEVEL: choice(LOG_LEVELS, 'info'),
};

/** The names of all variables that are read here. */
export const CONFIG_VARIABLES: readonly string[] = [
  ...Object.keys(otherVariables),
  ...Object.keys(budgetVariables(false, 0)),
];

/** What was read of {@link Config}, and the budget also where something else of it is wrong. */
export type ConfigReading = Reading<Config> & { readonly budget?: TimeBudget };

/**
 * Reads the service's own configuration.
 *
 * @param sidecarSeconds the default of S.
 */
export function readOwnConfig(env: Environment, sidecarSeconds: number): ConfigReading {
  const inCluster = isInCluster(env);
  const slices = readVariables(budgetVariables(inCluster, sidecarSeconds), env);
  const others = readVariables(otherVariables, env);
  const budget = slices.values === undefined ? undefined : toBudget(slices.values);
  const mistakes = [
    ...slices.mistakes,
    ...others.mistakes,
    ...portMistakes(env),
    // Judged only when every slice could be read, and whatever else is wrong: a mistake elsewhere hides no misfit.
    ...(budget === undefined ? [] : budgetMisfits(budget)),
  ];
  const { values } = others;
  if (budget === undefined || values === undefined || mistakes.length > 0) {
    return { mistakes, ...(budget === undefined ? {} : { budget }) };
  }
  return {
    values: {
      inCluster,
      ...(values.HOST === undefined ? {} : { host: values.HOST }),
      port: values.PORT,
      managementPort: values.MANAGEMENT_PORT,
      budget,
      keepAliveMs: toMs(values.KEEP_ALIVE_SECONDS),
      ...(values.MAX_CONNECTIONS === undefined ? {} : { maxConnections: values.MAX_CONNECTIONS }),
      uploadPauseMs: toMs(values.UPLOAD_PAUSE_SECONDS),
      logLevel: values.LOG_LEVEL,
    },
    mistakes: [],
    budget,
  };
}

/** Also when another variable is wrong: every mistake is listed at once. */
function portMistakes(env: Environment): string[] {
  const { PORT, MANAGEMENT_PORT } = otherVariables;
  const { values } = readVariables({ PORT, MANAGEMENT_PORT }, env);
  if (values === undefined || values.PORT !== values.MANAGEMENT_PORT || values.PORT === 0) {
    return [];
  }
  const given = described('MANAGEMENT_PORT', env['MANAGEMENT_PORT'], MANAGEMENT_PORT);
  return [`${given} must differ from PORT: take another port for one of them`];
}

function toBudget(
  values: Readonly<Record<keyof ReturnType<typeof budgetVariables>, number | 'unbounded'>>,
): TimeBudget {
  const ms = (name: Exclude<keyof typeof values, 'DRAIN_TIMEOUT_SECONDS'>) => toMs(Number(values[name]));
  const { DRAIN_TIMEOUT_SECONDS: drain } = values;
  return {
    graceMs: ms('TERMINATION_GRACE_PERIOD_SECONDS'),
    preStopMs: ms('PRE_STOP_SECONDS'),
    propagationMs: ms('PROPAGATION_SECONDS'),
    lameDuckMs: ms('LAME_DUCK_SECONDS'),
    drainMs: drain === 'unbounded' ? drain : toMs(drain),
    cleanupMs: ms('CLEANUP_SECONDS'),
    sidecarMs: ms('SIDECAR_SECONDS'),
  };
}

export function toMs(inSeconds: number): number {
  return Math.round(inSeconds * 1_000);
}
