import type { Type } from '@nestjs/common';
import {
  ConfigurationError,
  type Environment,
  type Reading,
  readVariables,
  type Values,
  type Variables,
} from './mistakes.js';
import { descriptionOf } from './variables.js';

/**
 * The settings of a feature: a class to inject, whose instance has a property per variable. What {@link settings} makes.
 */
export interface SettingsClass<V extends Variables> {
  /** For a unit test: `new counterSettings({ COUNTER_DELAY_SECONDS: 0 })`. The service makes its own. */
  new (values: Values<V>): Values<V>;
  readonly variables: V;
}

/** Any {@link SettingsClass}, whatever it declares. */
export interface AnySettings {
  new (values: never): object;
  readonly variables: Variables;
}

/** What is injected for a {@link SettingsClass}: `@Inject(counterSettings) settings: Settings<typeof counterSettings>`. */
export type Settings<S extends AnySettings> = InstanceType<S>;

/**
 * Declares the settings of a feature: the variables that it reads, each with what it may hold. Listed in
 * `defineApp({ settings: [...] })` they are read and checked at the start, before anything is built.
 *
 * @param variables by name: `{ COUNTER_DELAY_SECONDS: seconds(9) }`. The values are made by `seconds`, `port`, `flag`,
 *   `choice`, `url` and `secret`, or are any zod schema that reads a text; an empty variable reads as `undefined`.
 */
export function settings<const V extends Variables>(variables: V): SettingsClass<V> {
  class FeatureSettings {
    static readonly variables = variables;

    constructor(values: Values<V>) {
      Object.assign(this, values);
      Object.freeze(this);
    }
  }
  // What Nest calls it where it is missing; start-failure.ts knows it by that.
  Object.defineProperty(FeatureSettings, 'name', { value: `settings of ${Object.keys(variables).join(', ')}` });
  // The properties are there once the constructor has run, and TypeScript knows none of them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return FeatureSettings as unknown as SettingsClass<V>;
}

/** The settings of all features, by their classes. */
export type SettingsValues = ReadonlyMap<Type, object>;

/**
 * Reads what features have declared.
 *
 * @param taken the names that Ebb reads itself.
 * @throws {@link ConfigurationError} when one name is declared by two features in two ways, or is Ebb's own.
 */
export function readSettings(
  declared: readonly AnySettings[],
  taken: readonly string[],
  env: Environment,
): Reading<SettingsValues> {
  const conflicts = conflictsIn(declared, taken);
  if (conflicts.length > 0) {
    throw new ConfigurationError(conflicts);
  }
  const values = new Map<Type, object>();
  // One text each, also where two features declare the same variable.
  const mistakes = new Set<string>();
  for (const one of new Set(declared)) {
    const reading = readVariables(one.variables, env);
    reading.mistakes.forEach((mistake) => mistakes.add(mistake));
    if (reading.values !== undefined) {
      values.set(one, make(one, reading.values));
    }
  }
  return mistakes.size === 0 ? { values, mistakes: [] } : { mistakes: [...mistakes] };
}

function make(type: AnySettings, values: object): object {
  const made: unknown = Reflect.construct(type, [values]);
  return typeof made === 'object' && made !== null ? made : {};
}

function conflictsIn(declared: readonly AnySettings[], taken: readonly string[]): string[] {
  const seen = new Map<string, Variables[string]>();
  const conflicts = new Set<string>();
  for (const { variables } of declared) {
    for (const [name, type] of Object.entries(variables)) {
      const first = seen.get(name) ?? type;
      seen.set(name, first);
      if (taken.includes(name)) {
        conflicts.add(
          `${name} is declared by a feature, and is a variable of Ebb itself. Give the feature's another name.`,
        );
      } else if (first !== type && (descriptionOf(first) ?? first) !== descriptionOf(type)) {
        conflicts.add(`${name} is declared twice, in two ways${inWords(first, type)}. Declare it once and import it.`);
      }
    }
  }
  return [...conflicts];
}

function inWords(...types: readonly Variables[string][]): string {
  const words = types.map(descriptionOf);
  return words.includes(undefined) ? '' : `: "${words.join('" and "')}"`;
}
