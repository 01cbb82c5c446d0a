/** What Ebb has to know of a library so that what it runs is finished before any shutdown hook of the application. */

/** The hooks that Nest calls when an application closes, in this order. */
export const SHUTDOWN_HOOKS = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const;

export type ShutdownHook = (typeof SHUTDOWN_HOOKS)[number];

/** Where a row says what its library runs, so that the drain waits for each run and the log can name it. */
export interface Runs {
  /** Whether the pod was asked to go: what has not begun should not begin any more. */
  readonly isLeaving: boolean;
  /**
   * To be called in the place of `work`: each promise that it returns is waited for. It has the same number of parameters, and
   * returns the same value.
   *
   * @param nameOf what a log calls a run, from the arguments it was given.
   */
  track<Args extends unknown[], Result>(
    work: (...args: Args) => Result,
    nameOf: (...args: Args) => string,
  ): (...args: Args) => Result;
}

/**
 * A library that takes work by itself, and stops in a shutdown hook: after other hooks have freed what its work needs. Ebb
 * calls that hook when the pod is asked to go, waits for it before any hook runs, and Nest's own call gets the same promise.
 *
 * @typeParam Provider the few members of the provider that the row uses.
 */
export interface Library<Provider extends object = object> {
  /** What a log calls it: its package, `@nestjs/schedule`. */
  readonly name: string;
  /** What a log calls what it runs, in the plural: `timers`. */
  readonly work: string;
  /** The name of the class of the provider that has the hook. */
  readonly provider: string;
  /** The hook. It is called early without an argument. */
  readonly hook: ShutdownHook;
  /** Called before any `onModuleInit` but Ebb's. Without it the drain waits for the hook's promise, and has no other name for it. */
  watch?(provider: Provider, runs: Runs): void;
  /** Called shortly before the drain's time is over: tells what still runs to give its work back. */
  handBack?(provider: Provider): void;
  /** Called when the drain's time is over and the log has named what still runs. */
  cut?(provider: Provider): void;
}

const TEXTS = ['name', 'work', 'provider'] as const;
const FUNCTIONS = ['watch', 'handBack', 'cut'] as const;
const MEMBERS: readonly string[] = [...TEXTS, 'hook', ...FUNCTIONS];

/** What is wrong with a row that an application adds, and what to write; undefined when nothing is. */
export function mistakeIn(row: object): string | undefined {
  const unknown = Object.keys(row).find((key) => !MEMBERS.includes(key));
  if (unknown !== undefined) {
    return `has no "${unknown}". It has ${MEMBERS.join(', ')}.`;
  }
  const noText = TEXTS.find((key) => typeof Reflect.get(row, key) !== 'string' || Reflect.get(row, key) === '');
  if (noText !== undefined) {
    return `needs "${noText}", a text.`;
  }
  const hook: unknown = Reflect.get(row, 'hook');
  if (!SHUTDOWN_HOOKS.some((one) => one === hook)) {
    return `does not know the hook "${String(hook)}". Write one of ${SHUTDOWN_HOOKS.join(', ')}.`;
  }
  const noFunction = FUNCTIONS.find((key) => !['undefined', 'function'].includes(typeof Reflect.get(row, key)));
  return noFunction === undefined ? undefined : `takes a function as "${noFunction}".`;
}
