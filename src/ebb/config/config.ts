/**
 * Everything that can be set from outside, read once. The only reader of `process.env`; everybody else is handed a
 * {@link Config}.
 */
import { z } from 'zod';
import { isSidecarName, type Sidecar, type SidecarName, SIDECARS } from '../sidecars/table.js';
import { budgetMisfits, type TimeBudget } from './time-budget.js';

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
  /** The sidecars in this pod. */
  readonly sidecars: readonly SidecarInPod[];
  /** How long the start waits for all of them to be ready. */
  readonly sidecarStartMs: number;
  /** Those of them that are told to quit at the very end, because nothing else would end them, or not as soon. */
  readonly sidecarsToQuit: readonly SidecarInPod[];
  /** How long `GET /` takes. */
  readonly counterDelayMs: number;
  readonly logLevel: LogLevel;
}

/** A row of the table of sidecars, asked where this pod has it. */
export interface SidecarInPod extends Sidecar {
  readonly name: SidecarName;
}

/** Injects the {@link Config}: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');

/** The configuration is refused; the message lists every mistake. */
export class ConfigurationError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
    super([`Cannot start: ${count} in the configuration.`, ...mistakes.map((m) => `- ${m}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether this runs in a pod: the kubelet sets `KUBERNETES_SERVICE_HOST` in every container. */
export function isInCluster(env: Environment = process.env): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST']);
}

// setTimeout() fires at once when it is asked to wait 2^31 ms or more, so that a longer time would be none at all.
const LONGEST_SECONDS = 2_000_000;

function isSeconds(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST_SECONDS;
}

function seconds(fallback: string, least = 0) {
  return withDefault(
    fallback,
    z
      .string()
      .refine((text) => isSeconds(text) && Number(text) >= least, {
        message: `must be a number of seconds from ${least} to ${LONGEST_SECONDS}, decimals allowed, for example ${fallback}`,
      })
      .transform((text) => Math.round(Number(text) * 1_000)),
  );
}

function port(fallback: string) {
  return withDefault(
    fallback,
    z
      .string()
      .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
        message: `must be a whole number from 0 to 65535, for example ${fallback}`,
      })
      .transform(Number),
  );
}

function withDefault<T extends z.ZodType<unknown, string>>(fallback: string, type: T) {
  // A variable set to nothing is what shells and manifests make of one that is not set.
  return z
    .string()
    .optional()
    .transform((text) => (text === undefined || text.trim() === '' ? fallback : text.trim()))
    .pipe(type);
}

const drainTimeout = withDefault(
  '30',
  z
    .string()
    .refine(
      (text) => text === 'unbounded' || isSeconds(text),
      `must be a number of seconds from 0 to ${LONGEST_SECONDS}, decimals allowed, or "unbounded", for example 30`,
    )
    .transform((text) => (text === 'unbounded' ? text : Math.round(Number(text) * 1_000))),
);

const sidecarNames = withDefault(
  '',
  z
    .string()
    .transform(namesIn)
    .refine((names) => names.every(isSidecarName), {
      message: `must be a comma-separated list of known sidecars; known: ${Object.keys(SIDECARS).join(', ')}`,
    }),
);

/** Empty ones are left out: the manifests append each to a list that may be empty. */
function namesIn(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

const sidecarsToQuit = withDefault(
  'false',
  z.string().refine((text) => text === 'true' || text === 'false' || namesIn(text).every(isSidecarName), {
    message: 'must be true, false, or a comma-separated list of some of SIDECARS, for example true',
  }),
);

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A sidecar is in this very pod. An address elsewhere would have somebody else's proxy drained. */
const sidecarUrl = z
  .string()
  .optional()
  .transform((text) => text?.trim() || undefined)
  .refine((text) => text === undefined || isLoopbackUrl(text), {
    message: 'must be a URL on loopback without a path, for example http://127.0.0.1:19901',
  });

function isLoopbackUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' && LOOPBACK.has(url.hostname) && `${url.origin}/` === url.href;
}

/** What a variable may say of a row's addresses: `SIDECAR_CLOUD_SQL_PROXY_URL`, `SIDECAR_CLOUD_SQL_PROXY_QUIT_URL`. */
const urlVariable = (name: string) => `SIDECAR_${name.toUpperCase().replaceAll('-', '_')}_URL`;
const quitUrlVariable = (name: string) => urlVariable(name).replace(/URL$/, 'QUIT_URL');

/** The variables that say where sidecars are asked; their defaults are in the table. */
export const SIDECAR_URL_VARIABLES: readonly string[] = Object.entries<Sidecar>(SIDECARS).flatMap(
  ([name, { quitUrl }]) => (quitUrl === undefined ? urlVariable(name) : [urlVariable(name), quitUrlVariable(name)]),
);

const sidecarUrls = z.object(Object.fromEntries(SIDECAR_URL_VARIABLES.map((name) => [name, sidecarUrl])));

/**
 * The slices of the time budget. Three defaults depend on the place: without a cluster there are no endpoints to tell. That
 * of S is what all sidecars need, one after the other: the kubelet ends native ones in turn, the last one first
 * (Kubernetes 1.37, "Sidecar Containers", termination).
 */
function budgetVariables(inCluster: boolean, sidecars: readonly string[]) {
  const sidecarSeconds = sidecars.reduce((sum, name) => sum + (isSidecarName(name) ? SIDECARS[name].seconds : 0), 0);
  return z.object({
    TERMINATION_GRACE_PERIOD_SECONDS: seconds('60'),
    PRE_STOP_SECONDS: seconds(inCluster ? '10' : '0'),
    PROPAGATION_SECONDS: seconds(inCluster ? '5' : '0'),
    LAME_DUCK_SECONDS: seconds(inCluster ? '5' : '0'),
    DRAIN_TIMEOUT_SECONDS: drainTimeout,
    CLEANUP_SECONDS: seconds('5'),
    SIDECAR_SECONDS: seconds(String(sidecarSeconds)),
  });
}

const otherVariables = z
  .object({
    PORT: port('3000'),
    MANAGEMENT_PORT: port('9000'),
    HOST: z
      .string()
      .optional()
      .transform((text) => text?.trim() || undefined),
    SIDECARS: sidecarNames,
    SIDECAR_START_SECONDS: seconds('60'),
    SIDECAR_QUIT: sidecarsToQuit,
    // Not 0, which Node takes for "never", and no fraction of 1, which it announces to clients as 0.
    KEEP_ALIVE_SECONDS: seconds('75', 1),
    COUNTER_DELAY_SECONDS: seconds('9'),
    LOG_LEVEL: withDefault('info', z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })),
  })
  .refine(({ PORT, MANAGEMENT_PORT }) => PORT !== MANAGEMENT_PORT || PORT === 0, {
    path: ['MANAGEMENT_PORT'],
    message: 'must differ from PORT: take another port for one of them',
    // Also when another variable is wrong: every mistake is listed at once.
    when: ({ issues }) => !issues.some(({ path: [name] = [] }) => name === 'PORT' || name === 'MANAGEMENT_PORT'),
  });

/** The names of all variables but {@link SIDECAR_URL_VARIABLES}. */
export const VARIABLE_NAMES: readonly string[] = [
  ...Object.keys(otherVariables.shape),
  ...Object.keys(budgetVariables(false, []).shape),
];

/**
 * Reads and checks the configuration.
 *
 * @throws {@link ConfigurationError} with every mistake at once: the variable, its value, what it must be.
 */
export function readConfig(env: Environment = process.env): Config {
  const inCluster = isInCluster(env);
  const slices = budgetVariables(inCluster, namesIn(env['SIDECARS'] ?? '')).safeParse(env);
  const others = otherVariables.safeParse(env);
  const urls = sidecarUrls.safeParse(env);
  const mistakes = [slices, others, urls]
    .flatMap((result) => result.error?.issues ?? [])
    .map(({ path: [name], message }) => `${described(String(name), env)} ${message}`);
  const budget = slices.success ? toBudget(slices.data) : undefined;
  // Judged only when every slice could be read, and whatever else is wrong: a mistake elsewhere hides no misfit.
  mistakes.push(...(budget === undefined ? [] : budgetMisfits(budget)));
  if (others.success) {
    mistakes.push(...sidecarMistakes(others.data, inCluster ? budget : undefined));
  }
  if (budget === undefined || !others.success || !urls.success || mistakes.length > 0) {
    throw new ConfigurationError(mistakes);
  }
  const { data } = others;
  const sidecars = data.SIDECARS.filter(isSidecarName).map((name) => inPod(name, urls.data));
  const toQuit = namesIn(data.SIDECAR_QUIT);
  return {
    inCluster,
    ...(data.HOST === undefined ? {} : { host: data.HOST }),
    port: data.PORT,
    managementPort: data.MANAGEMENT_PORT,
    budget,
    keepAliveMs: data.KEEP_ALIVE_SECONDS,
    sidecars,
    sidecarStartMs: data.SIDECAR_START_SECONDS,
    sidecarsToQuit: sidecars.filter(({ name }) => data.SIDECAR_QUIT === 'true' || toQuit.includes(name)),
    counterDelayMs: data.COUNTER_DELAY_SECONDS,
    logLevel: data.LOG_LEVEL,
  };
}

/** What of the sidecars contradicts something else. */
function sidecarMistakes(
  { SIDECARS: names, SIDECAR_QUIT: quit }: { readonly SIDECARS: readonly string[]; readonly SIDECAR_QUIT: string },
  budget: TimeBudget | undefined,
): string[] {
  const strangers = quit === 'true' || quit === 'false' ? [] : namesIn(quit).filter((name) => !names.includes(name));
  const inbound = names.filter(isSidecarName).filter((name) => SIDECARS[name].carriesInbound);
  return [
    ...(strangers.length === 0
      ? []
      : [`SIDECAR_QUIT=${JSON.stringify(quit)} names what is not in SIDECARS: ${strangers.join(', ')}. Add it there.`]),
    ...(inbound.length === 0 || budget?.lameDuckMs !== 0
      ? []
      : [
          `LAME_DUCK_SECONDS is 0 behind ${inbound.join(' and ')}: whoever is connected to a proxy is answered 503 when the ` +
            'service closes in the moment in which it asks them to leave. Give it seconds, for example 5.',
        ]),
  ];
}

function inPod(name: SidecarName, urls: z.infer<typeof sidecarUrls>): SidecarInPod {
  const row: Sidecar = SIDECARS[name];
  const quitUrl = urls[quitUrlVariable(name)] ?? row.quitUrl;
  return { name, ...row, url: urls[urlVariable(name)] ?? row.url, ...(quitUrl === undefined ? {} : { quitUrl }) };
}

function described(name: string, env: Environment): string {
  const value = env[name];
  return value === undefined ? `${name} (not set)` : `${name}=${JSON.stringify(value)}`;
}

function toBudget(data: z.infer<ReturnType<typeof budgetVariables>>): TimeBudget {
  return {
    graceMs: data.TERMINATION_GRACE_PERIOD_SECONDS,
    preStopMs: data.PRE_STOP_SECONDS,
    propagationMs: data.PROPAGATION_SECONDS,
    lameDuckMs: data.LAME_DUCK_SECONDS,
    drainMs: data.DRAIN_TIMEOUT_SECONDS,
    cleanupMs: data.CLEANUP_SECONDS,
    sidecarMs: data.SIDECAR_SECONDS,
  };
}
