/**
 * How the service in a container would read its environment: by its own reader, so that defaults and arithmetic are its own.
 */
import { ConfigurationError } from '../../src/ebb/config/mistakes.js';
import { MARGIN_MS, type TimeBudget } from '../../src/ebb/config/time-budget.js';
import { readConfig, VARIABLE_NAMES } from '../../src/ebb/environment.js';
import type { FullConfig } from '../../src/ebb/sidecars/sidecar-config.js';
import { type Field, fieldOf, type Manifest, textOf, valueAt } from './manifest.js';
import type { Container } from './pod.js';
import { wordsAt } from './related.js';

/** What is known of the service's settings. */
export type Settings =
  /** Somebody else's service. */
  | { readonly kind: 'foreign' }
  /** This service, which would not start; or part of whose environment is not in what is checked. */
  | { readonly kind: 'unreadable'; readonly mistakes: readonly string[] }
  | { readonly kind: 'own'; readonly config: FullConfig; readonly slices: Slices };

/** The time budget in seconds, by the symbols of the drawing in `src/ebb/lifecycle/shutdown.ts`. */
export interface Slices {
  readonly budget: TimeBudget;
  readonly G: number;
  readonly P: number;
  readonly D: number;
  readonly A: number;
  /** 0 when the drain is unbounded, as in the service's own arithmetic. */
  readonly R: number;
  readonly C: number;
  readonly S: number;
  readonly m: number;
  /** K, of idle connections. */
  readonly keepAlive: number;
}

// The kubelet sets it in every container.
const IN_POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
// So long that nothing is a misfit. The two are read apart.
const ROOMY = { TERMINATION_GRACE_PERIOD_SECONDS: '2000000', PROPAGATION_SECONDS: '0' };

/** A container's environment, as far as it stands in what is checked. */
export interface Environment {
  readonly values: Readonly<Record<string, string>>;
  /** Of the values that stand in a ConfigMap, where. */
  readonly fields: Readonly<Record<string, Field>>;
  /** What stands elsewhere, in a sentence each. */
  readonly unknown: readonly string[];
}

export function readSettings({ values: env, unknown }: Environment, isOwn: boolean): Settings {
  if (!isOwn) {
    return { kind: 'foreign' };
  }
  try {
    const config = readConfig({ ...env, ...ROOMY, ...IN_POD });
    const mistakes = [...unknown, ...unreadable(env, Object.keys(ROOMY))];
    return mistakes.length > 0
      ? { kind: 'unreadable', mistakes }
      : { kind: 'own', config, slices: slicesOf(config, env) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    return { kind: 'unreadable', mistakes: [...unknown, ...error.mistakes, ...unreadable(env, Object.keys(ROOMY))] };
  }
}

/** What the reader has against some variables as such, misfits aside. */
function unreadable(env: Readonly<Record<string, string>>, names: readonly string[]): string[] {
  try {
    readConfig({ ...env, ...IN_POD });
    return [];
  } catch (error) {
    const mistakes = error instanceof ConfigurationError ? error.mistakes : [];
    return mistakes.filter((mistake) => names.some((name) => new RegExp(`^${name}[= ]`).test(mistake)));
  }
}

function slicesOf(config: FullConfig, env: Readonly<Record<string, string>>): Slices {
  const fallback = readConfig({ ...IN_POD, ...ROOMY, PRE_STOP_SECONDS: '0' }).budget;
  const said = (name: string, byDefault: number) => {
    const text = env[name]?.trim() ?? '';
    return text === '' ? byDefault : Number(text) * 1_000;
  };
  const budget: TimeBudget = {
    ...config.budget,
    graceMs: said('TERMINATION_GRACE_PERIOD_SECONDS', fallback.graceMs),
    propagationMs: said('PROPAGATION_SECONDS', fallback.propagationMs),
  };
  return {
    budget,
    G: budget.graceMs / 1_000,
    P: budget.preStopMs / 1_000,
    D: budget.propagationMs / 1_000,
    A: budget.lameDuckMs / 1_000,
    R: budget.drainMs === 'unbounded' ? 0 : budget.drainMs / 1_000,
    C: budget.cleanupMs / 1_000,
    S: budget.sidecarMs / 1_000,
    m: MARGIN_MS / 1_000,
    keepAlive: config.keepAliveMs / 1_000,
  };
}

/** @param near  where its ConfigMaps are looked for. A later source hides an earlier one, and `env` hides them all. */
export function environmentOf({ env, envFrom }: Container, near: readonly Manifest[]): Environment {
  const unknown: string[] = [];
  const values: Record<string, string> = {};
  const fields: Record<string, Field> = {};
  const take = (name: string, value: unknown, from: Manifest, key: string) => {
    values[name] = String(value);
    fields[name] = fieldOf(from, ['data', key]);
  };
  // Settings of time are no secret: what comes from Secrets is not asked for.
  for (const source of envFrom.filter((one) => valueAt(one, ['secretRef']) === undefined)) {
    const map = configMap(near, valueAt(source, ['configMapRef', 'name']));
    if (map === undefined) {
      if (valueAt(source, ['configMapRef', 'optional']) !== true) {
        unknown.push(`envFrom takes variables from what is not among the objects: ${JSON.stringify(source)}`);
      }
      continue;
    }
    for (const [key, value] of Object.entries(map.data)) {
      take(`${textOf(valueAt(source, ['prefix']) ?? '')}${key}`, value, map.manifest, key);
    }
  }
  for (const { name, value, valueFrom } of env) {
    if (valueFrom === undefined || valueFrom === null) {
      values[name] = value ?? '';
      Reflect.deleteProperty(fields, name);
      continue;
    }
    const key = String(valueAt(valueFrom, ['configMapKeyRef', 'key']));
    const map = configMap(near, valueAt(valueFrom, ['configMapKeyRef', 'name']));
    if (map !== undefined && key in map.data) {
      take(name, map.data[key], map.manifest, key);
    }
    // What no time hangs on need not be known: most of it is secret.
    else if (VARIABLE_NAMES.includes(name) && /_SECONDS$|PORT$|^SIDECARS$/.test(name)) {
      unknown.push(`${name} comes from what is not among the objects: ${JSON.stringify(valueFrom)}`);
    }
  }
  return { values, fields, unknown };
}

function configMap(all: readonly Manifest[], name: unknown) {
  const manifest = all.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  return manifest === undefined ? undefined : { manifest, data: wordsAt(manifest, 'data') ?? {} };
}
