/** Why a start failed, in one line that says where to look and what to do. */
import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON, SourceMap, type SourceMapping } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An error whose message says all there is to say: no stack would tell more. */
const SELF_EXPLAINING = new Set([
  'AppDefinitionError',
  'ConfigurationError',
  'LibraryNotFoundError',
  'ListenError',
  'MicroserviceError',
  'SidecarsNotReadyError',
  'UncheckedDtoError',
]);

/** A line of a stack whose place is a file; Node's own are `node:internal/…`. */
const FRAME = /^\s+at (?:async )?(?:.*\()?((?:file:\/\/)?\/[^()\s]+):(\d+):\d+\)?$/gm;

/** What is known of a failure. */
export interface StartFailure {
  /** One line. A list of mistakes in the configuration has a line for each. */
  readonly reason: string;
  /** Whether the error itself tells more, and belongs into the log beside the reason. */
  readonly needsStack: boolean;
}

/**
 * Explains a failure.
 *
 * @param blame what failed, by name, as far as that is known.
 */
export function explain(error: unknown, blame: string | undefined): StartFailure {
  if (!(error instanceof Error) && !isErrorLike(error)) {
    return {
      reason: `Cannot start: ${placeOf(blame)}failed with ${String(error)}, which is no error.`,
      needsStack: false,
    };
  }
  if (SELF_EXPLAINING.has(error.name)) {
    const { message } = error;
    return { reason: message.startsWith('Cannot start') ? message : `Cannot start: ${message}`, needsStack: false };
  }
  const reason = ofModule(error) ?? ofNest(error);
  if (reason !== undefined) {
    return { reason: `Cannot start: ${reason}`, needsStack: false };
  }
  const where = [blame, firstOwnFrame(error)].filter((part) => part !== undefined).join(', at ');
  const what = [error.message, causeOf(error)].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    reason: `Cannot start: ${where === '' ? '' : `${where}: `}${oneLine(what === '' ? error.name : what)}`,
    needsStack: true,
  };
}

type ErrorLike = Pick<Error, 'name' | 'message' | 'stack'> & { readonly code?: unknown; readonly cause?: unknown };

/** An error of another realm, as a test runner's is. */
function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && 'message' in error && 'stack' in error;
}

function placeOf(blame: string | undefined): string {
  return blame === undefined ? 'something ' : `${blame} `;
}

/** What Node says of an import that fails. */
function ofModule(error: ErrorLike): string | undefined {
  const { message } = error;
  const importer = importerOf(error);
  const where = importer === undefined ? 'A file' : original(importer.file, importer.line);
  const missing =
    /Named export '(?<name>[^']+)' not found\. The requested module '(?<module>[^']+)'/.exec(message) ??
    /The requested module '(?<module>[^']+)' does not provide an export named '(?<name>[^']+)'/.exec(message);
  if (missing?.groups !== undefined) {
    const { name = '', module = '' } = missing.groups;
    return isCommonJs(module, importer?.file)
      ? `${where} imports { ${name} } from '${module}', a CommonJS module whose names Node cannot see. Write: ` +
          `import ${identifier(module)} from '${module}'; const { ${name} } = ${identifier(module)};`
      : `${where} imports ${name} from '${module}', which has no such export. Correct the name, or write "import type" for a type.`;
  }
  const [, kind, name = '', from] =
    /Cannot find (package|module) '([^']+)'(?: imported from (\S+))?/.exec(message) ?? [];
  if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') {
    const by = from === undefined ? where : original(from);
    return kind === 'package'
      ? `${by} imports the package "${name}", which is not installed. Run "npm install --save-prod ${name}".`
      : `${by} imports ${original(name)}, which does not exist. Relative imports name the file and end in .js: './name.js'.`;
  }
  return error.name === 'SyntaxError' && importer !== undefined ? `${where}: ${oneLine(message)}` : undefined;
}

/** Whether what a bare specifier leads to is CommonJS for an import, as far as its package.json says. */
function isCommonJs(module: string, importer: string | undefined): boolean {
  if (module.startsWith('.') || importer === undefined) {
    return module.endsWith('.cjs');
  }
  try {
    const file = findPackageJSON(module, importer) ?? '';
    const manifest = readFileSync(file, 'utf8');
    return !/"type":\s*"module"/.test(manifest) && !/"(?:import|module-sync)":\s*["{]/.test(manifest);
  } catch {
    return false;
  }
}

/** Nest's own messages have paragraphs of advice; the first says what is wrong. */
function ofNest(error: ErrorLike): string | undefined {
  const { message } = error;
  if (!/^(?:Nest (?:can't|cannot)|A circular dependency|Classes )/.test(message)) {
    return undefined;
  }
  const [first = ''] = message.split(/\n\s*\n|Potential (?:solutions|causes)/, 1);
  return `${oneLine(first)}${adviceOn(first)}`;
}

function adviceOn(message: string): string {
  // The name that config/settings.ts gives them. Not imported: this file has to work where a package of that one is missing.
  if (message.includes('argument settings of ')) {
    return ' Add what settings() returned for it to the settings of defineApp() in src/app.ts.';
  }
  return message.includes('resolve dependencies')
    ? ' Add what is missing to the providers or imports of that module, or export it from the module that has it.'
    : '';
}

function causeOf({ cause }: ErrorLike): string | undefined {
  return isErrorLike(cause) ? cause.message : undefined;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

function identifier(module: string): string {
  return module
    .replace(/^@[^/]+\//, '')
    .replaceAll(/[^a-z0-9]+(.)?/gi, (_match, next?: string) => next?.toUpperCase() ?? '');
}

/** The first line of a stack of a module that could not be linked or parsed: `file:///app/dist/app.js:3`. */
function importerOf({ stack = '' }: ErrorLike): { readonly file: string; readonly line: number } | undefined {
  const [, file, line] = /^((?:file:\/\/)?\/\S+?):(\d+)(?:\n|$)/.exec(stack) ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}

/** The first frame that is neither Node's nor a dependency's nor Ebb's. */
function firstOwnFrame({ stack = '' }: ErrorLike): string | undefined {
  for (const [, file = '', line] of stack.matchAll(FRAME)) {
    if (!/node_modules|[\\/](?:src|dist)[\\/]ebb[\\/]/.test(file)) {
      return original(file, Number(line));
    }
  }
  return undefined;
}

/** Where a line of a built file stands in the sources, from the project's root; the built file where that is not known. */
function original(file: string, line?: number): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const map = `${path}.map`;
  if (existsSync(map)) {
    try {
      const payload: unknown = JSON.parse(readFileSync(map, 'utf8'));
      const entry = isSourceMap(payload) ? new SourceMap(payload).findEntry((line ?? 1) - 1, 0) : {};
      if (isMapping(entry)) {
        const source = new URL(entry.originalSource, `file://${path}`);
        return written(fileURLToPath(source), line === undefined ? undefined : entry.originalLine + 1);
      }
    } catch {
      // A map that cannot be read: the built file has to do.
    }
  }
  return written(path, line);
}

function isSourceMap(payload: unknown): payload is ConstructorParameters<typeof SourceMap>[0] {
  return typeof payload === 'object' && payload !== null && 'mappings' in payload;
}

function isMapping(entry: object): entry is SourceMapping {
  return 'originalSource' in entry;
}

function written(path: string, line: number | undefined): string {
  const short = relative('', path);
  return `${short.startsWith('..') ? path : short}${line === undefined ? '' : `:${line}`}`;
}
