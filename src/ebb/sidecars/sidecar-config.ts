/** Which sidecars are in the pod and where they are asked, from the environment. */
import { z } from 'zod';
import { type Config, toMs } from '../config/config.js';
import { type Environment, type Reading, readVariables } from '../config/mistakes.js';
import type { TimeBudget } from '../config/time-budget.js';
import { optionalVariable, seconds, variable } from '../config/variables.js';
import { isSidecarName, type Sidecar, type SidecarName, SIDECARS } from './table.js';

/** A row of the table of sidecars, asked where this pod has it. */
export interface SidecarInPod extends Sidecar {
  readonly name: SidecarName;
}

/** What is configured of sidecars. Durations are in milliseconds. */
export interface SidecarConfig {
  /** The sidecars in this pod. */
  readonly sidecars: readonly SidecarInPod[];
  /** How long the start waits for all of them to be ready. */
  readonly sidecarStartMs: number;
  /** Those of them that are told to quit at the very end, because nothing else would end them, or not as soon. */
  readonly sidecarsToQuit: readonly SidecarInPod[];
}

/** What `CONFIG` injects: everything that can be set of Ebb. */
export type FullConfig = Config & SidecarConfig;

/** Empty ones are left out: the manifests append each to a list that may be empty. */
function namesIn(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

const namesMust = `must be a comma-separated list of known sidecars; known: ${Object.keys(SIDECARS).join(', ')}`;

const sidecarNames = variable(
  namesMust,
  '',
  z
    .string()
    .transform(namesIn)
    .refine((names) => names.every(isSidecarName), namesMust),
);

const quitMust = 'must be true, false, or a comma-separated list of some of SIDECARS, for example true';

const sidecarsToQuit = variable(
  quitMust,
  'false',
  z.string().refine((text) => text === 'true' || text === 'false' || namesIn(text).every(isSidecarName), quitMust),
);

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A sidecar is in this very pod. An address elsewhere would have somebody else's proxy drained. */
const sidecarUrl = optionalVariable(
  z.string().refine(isLoopbackUrl, 'must be a URL on loopback without a path, for example http://127.0.0.1:19901'),
);

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

const urlVariables = Object.fromEntries(SIDECAR_URL_VARIABLES.map((name) => [name, sidecarUrl]));

const variables = { SIDECARS: sidecarNames, SIDECAR_START_SECONDS: seconds(60), SIDECAR_QUIT: sidecarsToQuit };

/** The names of all variables that are read here, but for {@link SIDECAR_URL_VARIABLES}. */
export const SIDECAR_VARIABLES: readonly string[] = Object.keys(variables);

/**
 * The default of S: what all sidecars need, one after the other, because the kubelet ends native ones in turn, the last one
 * first (Kubernetes 1.37, "Sidecar Containers", termination).
 */
export function sidecarSeconds(env: Environment): number {
  const names = namesIn(env['SIDECARS'] ?? '').filter(isSidecarName);
  return names.reduce((sum, name) => sum + SIDECARS[name].seconds, 0);
}

/**
 * Reads what is configured of sidecars.
 *
 * @param budget the time budget that they are held against; absent where none can be judged.
 */
export function readSidecarConfig(env: Environment, budget?: TimeBudget): Reading<SidecarConfig> {
  const { values, mistakes } = readVariables(variables, env);
  const urls = readVariables(urlVariables, env);
  const all = [...mistakes, ...urls.mistakes, ...(values === undefined ? [] : contradictions(values, budget))];
  if (values === undefined || urls.values === undefined || all.length > 0) {
    return { mistakes: all };
  }
  const sidecars = values.SIDECARS.filter(isSidecarName).map((name) => inPod(name, urls.values));
  const toQuit = namesIn(values.SIDECAR_QUIT);
  return {
    values: {
      sidecars,
      sidecarStartMs: toMs(values.SIDECAR_START_SECONDS),
      sidecarsToQuit: sidecars.filter(({ name }) => values.SIDECAR_QUIT === 'true' || toQuit.includes(name)),
    },
    mistakes: [],
  };
}

/** What of the sidecars contradicts something else. */
function contradictions(
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

function inPod(name: SidecarName, urls: Readonly<Record<string, string | undefined>>): SidecarInPod {
  const row: Sidecar = SIDECARS[name];
  const quitUrl = urls[quitUrlVariable(name)] ?? row.quitUrl;
  return { name, ...row, url: urls[urlVariable(name)] ?? row.url, ...(quitUrl === undefined ? {} : { quitUrl }) };
}
