import { Inject, Injectable, Logger } from '@nestjs/common';
import { Changes } from '../work/changes.js';
import { Work } from '../work/work.js';
import { EarlyHook } from './early-hook.js';
import type { Library } from './library.js';
import { LibraryWork } from './library-work.js';
import { LIBRARIES } from './table.js';

/** The rows that the application adds, as a token. */
export const OWN_LIBRARIES = Symbol('libraries of the application');

/** A row of the application's is about nothing that the application has. */
export class LibraryNotFoundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LibraryNotFoundError';
  }
}

/** Makes a source of work of each library of the table that the application has. */
@Injectable()
export class Libraries {
  readonly #logger = new Logger('Libraries');

  constructor(
    @Inject(OWN_LIBRARIES) private readonly own: readonly Library[],
    private readonly work: Work,
    private readonly changes: Changes,
  ) {}

  /**
   * Before any of them has started anything, and before anybody watches the hooks.
   *
   * @param instances of everything that the application consists of, with the names of their classes.
   * @throws {@link LibraryNotFoundError} for a row of the application's whose hook is nowhere.
   */
  watch(instances: ReadonlyMap<object, string>): void {
    for (const library of [...LIBRARIES, ...this.own]) {
      const providers = [...instances].filter(([, name]) => name === library.provider);
      const hooks = providers.flatMap(([provider]) => hookOf(provider, library) ?? []);
      if (hooks.length > 0) {
        this.work.add(new LibraryWork(library, hooks, this.changes));
      } else if (this.own.includes(library)) {
        throw new LibraryNotFoundError(
          `libraries of defineApp() names ${library.provider}.${library.hook} of "${library.name}", but ` +
            (providers.length === 0
              ? `no provider of the application is a ${library.provider}. Import its module, or correct the name of the class.`
              : 'that class has no such hook. Correct the name of the hook.'),
        );
      } else if (providers.length > 0) {
        this.#logger.warn(
          { library: library.name },
          `This version of ${library.name} has no ${library.provider}.${library.hook}: its ${library.work} are not drained`,
        );
      }
    }
  }
}

function hookOf(provider: object, library: Library): EarlyHook | undefined {
  const original: unknown = Reflect.get(provider, library.hook);
  return isFunction(original) ? new EarlyHook(provider, library.provider, library.hook, original) : undefined;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
