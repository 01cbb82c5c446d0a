/**
 * What a variable of the environment may hold: one function per kind. Each makes a zod schema that says of a wrong value what
 * it must be, so that a mistake can be mended without looking anything up.
 */
import { z } from 'zod';

/** The schema of one variable. It reads the variable's text, or `undefined` where the variable is absent or empty. */
export type Variable<T> = z.ZodType<T, string | undefined>;

/** setTimeout() fires at once when it is asked to wait 2^31 ms or more, so that a longer time would be none at all. */
export const LONGEST_SECONDS = 2_000_000;

/** What a schema of this file takes, in words: two that take the same are the same to whoever compares declarations. */
const descriptions = new WeakMap<z.ZodType, string>();

/** Schemas whose values no message may show. */
const secrets = new WeakSet<z.ZodType>();

/** What a schema takes, in words; undefined for one that was not made here. */
export function descriptionOf(type: z.ZodType): string | undefined {
  return descriptions.get(type);
}

export function isSecret(type: z.ZodType): boolean {
  return secrets.has(type);
}

/**
 * A variable whose text is read by `type`. Spaces around it are dropped. An empty one counts as not set, because that is what
 * shells and manifests make of a variable that is not set.
 *
 * @param fallback what is read where it is not set; without one it has to be set.
 * @param must what a refusal says, "must be …".
 */
export function variable<T>(must: string, fallback: string | undefined, type: z.ZodType<T, string>): Variable<T> {
  const made = z
    .string()
    .optional()
    .transform((text, context) => {
      const given = text?.trim() ? text.trim() : fallback;
      if (given === undefined) {
        context.addIssue({ code: 'custom', message: must });
        return z.NEVER;
      }
      return given;
    })
    .pipe(type);
  descriptions.set(made, `${must}; ${fallback === undefined ? 'no default' : `default ${JSON.stringify(fallback)}`}`);
  return made;
}

/** A variable that may be absent, and then reads as `undefined`. Spaces around its text are dropped. */
export function optionalVariable<T>(type: z.ZodType<T, string>): Variable<T | undefined> {
  return z
    .string()
    .optional()
    .transform((text) => text?.trim())
    .pipe(type.optional());
}

export function isSeconds(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST_SECONDS;
}

/**
 * A number of seconds, decimals allowed. Reads as seconds.
 *
 * @param fallback the default; without one the variable has to be set.
 * @param least the smallest that is taken, 0 when absent.
 */
export function seconds(fallback?: number, least = 0): Variable<number> {
  const must = `must be a number of seconds from ${least} to ${LONGEST_SECONDS}, decimals allowed, for example ${fallback ?? 30}`;
  const type = z
    .string()
    .refine((text) => isSeconds(text) && Number(text) >= least, must)
    .transform(Number);
  return variable(must, fallback?.toString(), type);
}

/** A TCP port; 0 lets the system choose. Reads as a number. Has to be set where there is no `fallback`. */
export function port(fallback?: number): Variable<number> {
  const must = `must be a whole number from 0 to 65535, for example ${fallback ?? 3_000}`;
  const type = z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, must)
    .transform(Number);
  return variable(must, fallback?.toString(), type);
}

/** `true` or `false`. Reads as a boolean. Has to be set where there is no `fallback`. */
export function flag(fallback?: boolean): Variable<boolean> {
  const must = 'must be true or false';
  const type = z
    .string()
    .refine((text) => text === 'true' || text === 'false', must)
    .transform((text) => text === 'true');
  return variable(must, fallback?.toString(), type);
}

/** One of some words, as they are written. Has to be set where there is no `fallback`. */
export function choice<const T extends string>(words: readonly [T, ...T[]], fallback?: NoInfer<T>): Variable<T> {
  const must = `must be one of ${words.join(', ')}`;
  return variable(must, fallback, z.enum(words, { error: must }));
}

/**
 * An absolute URL. Reads as a {@link URL}. Has to be set where there is no `fallback`. No message shows a password in it.
 *
 * @param protocols those that are taken, `http` and `https` when absent: `url({ protocols: ['postgres'] })`.
 */
export function url({
  fallback,
  protocols = ['http', 'https'],
}: { readonly fallback?: string; readonly protocols?: readonly string[] } = {}): Variable<URL> {
  const must = `must be a URL that begins with ${protocols.map((one) => `${one}://`).join(' or ')}`;
  const type = z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), must)
    .transform((text) => new URL(text));
  return variable(must, fallback, type);
}

/** Text that no message or log shows: a key, a token, a password. It has to be set. */
export function secret(): Variable<string> {
  const must = 'must be set';
  const made = variable(must, undefined, z.string());
  secrets.add(made);
  return made;
}
