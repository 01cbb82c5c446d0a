import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line is refused; the message says why. */
export class UsageError extends Error {}

/** @throws {@link UsageError} for what is not a flag */
export function parse<const T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws {@link UsageError} */
export function number(name: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} must be a number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

/** @throws {@link UsageError} */
export function integer(name: string, text: string, least: number, most: number): number {
  const value = number(name, text, least, most);
  if (!Number.isInteger(value)) {
    throw new UsageError(`--${name} must be a whole number, not "${text}".`);
  }
  return value;
}
