import type { z } from 'zod';
import { isSecret } from './variables.js';

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Schemas by the names of their variables. */
export type Variables = Readonly<Record<string, z.ZodType>>;

/** The configuration is refused; the message lists every mistake. */
export class ConfigurationError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
    super([`Cannot start: ${count} in the configuration.`, ...mistakes.map((m) => `- ${m}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

/** What was read, or what is wrong with it: one text per variable, with its name, its value and what it must be. */
export type Reading<T> =
  | { readonly values: T; readonly mistakes: readonly [] }
  | { readonly values?: never; readonly mistakes: readonly string[] };

export type Values<V extends Variables> = { readonly [Name in keyof V]: z.output<V[Name]> };

/** Reads variables, all of them, whatever is wrong with the first. */
export function readVariables<V extends Variables>(variables: V, env: Environment): Reading<Values<V>> {
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [name, type] of Object.entries(variables)) {
    const text = env[name];
    // What is not one of ours may take an empty text for a value.
    const result = parse(type, text?.trim() ? text : undefined);
    if (result.success) {
      values[name] = result.data;
    } else {
      mistakes.push(`${described(name, text, type)} ${result.error.issues.map(({ message }) => message).join('; ')}`);
    }
  }
  // Each key of `variables` is there with what its own schema made of it, which no type can say of a loop.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return mistakes.length === 0 ? { values: values as Values<V>, mistakes: [] } : { mistakes };
}

interface Refused {
  readonly success: false;
  readonly error: { readonly issues: readonly { readonly message: string }[] };
}

function parse(
  type: z.ZodType,
  text: string | undefined,
): { readonly success: true; readonly data: unknown } | Refused {
  try {
    return type.safeParse(text);
  } catch (error) {
    // A transform that throws, or a check that is asynchronous.
    const message = `could not be checked: ${error instanceof Error ? error.message : String(error)}`;
    return { success: false, error: { issues: [{ message }] } };
  }
}

/** Names whose values are secret more often than not: better no value in a message than a key in a log. */
const SECRET_NAME = /SECRET|TOKEN|PASSW|PASSPHRASE|PWD|CREDENTIAL|API_?KEY|PRIVATE_?KEY|DSN|(?:^|_)KEY(?:_|$)/i;

/** A variable and its value, as a mistake names it. */
export function described(name: string, text: string | undefined, type: z.ZodType): string {
  if (text === undefined) {
    return `${name} (not set)`;
  }
  return isSecret(type) || SECRET_NAME.test(name)
    ? `${name} (${text.length} characters, not shown)`
    : `${name}=${JSON.stringify(withoutPassword(text))}`;
}

/** Of what is refused as a URL nobody knows where its password ends: all that comes before the last @ is left out. */
function withoutPassword(text: string): string {
  return text.replace(/(\b[a-z][\w+.-]*:\/\/).*@/gis, '$1***@');
}
