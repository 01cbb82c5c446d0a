import type { ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AnySettings } from './config/settings.js';
import { type Library, mistakeIn } from './libraries/library.js';
import { LIBRARIES } from './libraries/table.js';
import type { HttpOptions } from './http/http-options.js';

/** Options of `NestFactory.create` that Ebb decides, because another value would lose requests or hide why a start failed. */
const DECIDED_BY_EBB = ['abortOnError', 'bufferLogs', 'forceCloseConnections', 'return503OnClosing'] as const;

/** What `NestFactory.create` takes: `rawBody`, `httpsOptions`, `cors`, and so on. */
export type NestOptions = Omit<NestApplicationOptions, (typeof DECIDED_BY_EBB)[number]>;

/** An application: everything of it that Ebb has to know. All of it is optional. */
export interface AppDefinition {
  /** The modules that it consists of, dynamic ones too. Ebb's own are there already, and global. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** The settings of its features, each made by `settings()`. All mistakes of all of them are reported at once. */
  readonly settings?: readonly AnySettings[];
  /** Handed to `NestFactory.create`. */
  readonly nest?: NestOptions;
  /**
   * What every HTTP service needs, with defaults that hold when this is absent. `false` for a worker or a microservice that nobody
   * calls over HTTP: it has no public listener, and probes, lifecycle and drain as any other.
   */
  readonly http?: HttpOptions | false;
  /**
   * Libraries that take work by themselves and stop in a late hook: it is called when the pod is asked to go, and awaited before
   * any other hook runs. `@nestjs/schedule` and `@nestjs/bullmq` are known already.
   */
  readonly libraries?: readonly Library[];
  /**
   * What a Nest application does in its `main.ts` between `create` and `listen`: a global prefix, versioning, CORS, global
   * pipes, middleware, `trust proxy`. It must not listen; Ebb does. May return a promise. What it throws ends the start.
   */
  setup?(app: NestExpressApplication): unknown;
}

const OPTIONS: ReadonlySet<string> = new Set(['imports', 'settings', 'nest', 'http', 'libraries', 'setup']);

/** An {@link AppDefinition} that was checked. Made by {@link defineApp} alone. */
export class App {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly settings: readonly AnySettings[];
  readonly nest: NestOptions;
  readonly http: HttpOptions;
  /** Whether there is a public listener. */
  readonly listens: boolean;
  readonly libraries: readonly Library[];
  readonly setup: (app: NestExpressApplication) => unknown;

  constructor(definition: AppDefinition) {
    const unknown = Object.keys(definition).filter((key) => !OPTIONS.has(key));
    if (unknown.length > 0) {
      throw new AppDefinitionError(
        `defineApp() knows no option ${unknown.map((key) => `"${key}"`).join(', ')}. It takes ${[...OPTIONS].join(', ')}.`,
      );
    }
    const { imports = [], settings = [], nest = {}, http = {}, libraries = [] } = definition;
    const decided = DECIDED_BY_EBB.filter((key) => Reflect.get(nest, key) !== undefined);
    if (decided.length > 0) {
      throw new AppDefinitionError(
        `defineApp() does not take ${decided.map((key) => `nest.${key}`).join(', ')}: ${
          decided.length === 1 ? 'it is' : 'they are'
        } decided by Ebb, which closes connections itself. Remove ${decided.length === 1 ? 'it' : 'them'}.`,
      );
    }
    const options = http === false ? {} : http;
    const { bodyLimit } = options;
    if (typeof bodyLimit === 'string' && !/^\d+(?:\.\d+)? *(?:b|kb|mb|gb)?$/i.test(bodyLimit)) {
      throw new AppDefinitionError(
        `defineApp() does not understand http.bodyLimit "${bodyLimit}". Write a number of bytes, or "100kb", "1mb".`,
      );
    }
    refuseMistakenLibraries(libraries);
    this.imports = imports;
    this.settings = settings;
    this.nest = nest;
    this.http = options;
    this.listens = http !== false;
    this.libraries = libraries;
    this.setup = (app) => definition.setup?.(app);
  }
}

function refuseMistakenLibraries(libraries: readonly Library[]): void {
  const known = [...LIBRARIES];
  for (const library of libraries) {
    const mistake = mistakeIn(library);
    if (mistake !== undefined) {
      throw new AppDefinitionError(`defineApp(): a row of libraries ${mistake}`);
    }
    const same = known.find(({ provider, hook }) => provider === library.provider && hook === library.hook);
    if (same !== undefined) {
      throw new AppDefinitionError(
        `defineApp(): libraries has ${library.provider}.${library.hook} of "${library.name}", which "${same.name}" has already. Remove one.`,
      );
    }
    known.push(library);
  }
}

/** What `src/app.ts` says makes no application; the message says what, and what to write. */
export class AppDefinitionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AppDefinitionError';
  }
}

/**
 * Makes an application of its parts. `src/app.ts` exports what it returns as its default.
 *
 * @throws {@link AppDefinitionError} for an option that there is not, or that Ebb decides.
 */
export function defineApp(definition: AppDefinition): App {
  return new App(definition);
}

/**
 * The application that `src/app.ts` exports.
 *
 * @throws {@link AppDefinitionError} when its default export is none.
 */
export function appIn(module: { readonly default?: unknown }): App {
  if (module.default instanceof App) {
    return module.default;
  }
  throw new AppDefinitionError(
    'src/app.ts must have an application as its default export: export default defineApp({ … })',
  );
}
