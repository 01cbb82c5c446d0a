/** Everything that can be set from outside, of Ebb and of the features, read and checked at once. */
import { CONFIG_VARIABLES, isInCluster, processEnvironment, readOwnConfig } from './config/config.js';
import { ConfigurationError, type Environment } from './config/mistakes.js';
import { readSettings, type AnySettings, type SettingsValues } from './config/settings.js';
import {
  type FullConfig,
  readSidecarConfig,
  SIDECAR_URL_VARIABLES,
  SIDECAR_VARIABLES,
  sidecarSeconds,
} from './sidecars/sidecar-config.js';

/** The names of all variables of Ebb but {@link SIDECAR_URL_VARIABLES}. */
export const VARIABLE_NAMES: readonly string[] = [...CONFIG_VARIABLES, ...SIDECAR_VARIABLES];

/** What was read. */
export interface EnvironmentReading {
  readonly config: FullConfig;
  /** Those of the features, by the classes that declare them. */
  readonly settings: SettingsValues;
}

/**
 * Reads and checks the environment.
 *
 * @param declared the settings of the features.
 * @throws {@link ConfigurationError} with every mistake at once: the variable, its value, what it must be.
 */
export function readEnvironment(
  declared: readonly AnySettings[] = [],
  env: Environment = processEnvironment(),
): EnvironmentReading {
  const own = readOwnConfig(env, sidecarSeconds(env));
  const sidecars = readSidecarConfig(env, isInCluster(env) ? own.budget : undefined);
  const settings = readSettings(declared, [...VARIABLE_NAMES, ...SIDECAR_URL_VARIABLES], env);
  if (own.values === undefined || sidecars.values === undefined || settings.values === undefined) {
    throw new ConfigurationError([...own.mistakes, ...sidecars.mistakes, ...settings.mistakes]);
  }
  return { config: { ...own.values, ...sidecars.values }, settings: settings.values };
}

/** Reads and checks what is Ebb's alone. @throws {@link ConfigurationError} as {@link readEnvironment} does. */
export function readConfig(env: Environment = processEnvironment()): FullConfig {
  return readEnvironment([], env).config;
}
