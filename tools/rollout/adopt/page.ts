/** What `docs/adopt.md` tells people to write and to run: the blocks of its steps. */
import { readFileSync } from 'node:fs';

export const PAGE = readFileSync('docs/adopt.md', 'utf8');

/**
 * The blocks of a step in a language, in their order.
 *
 * @throws Error when there are not as many as are asked for: the page was rewritten, and whoever reads it here must be too.
 */
export function blocks(step: number, language: string, count: number): readonly string[] {
  const [, section = ''] = new RegExp(`^## ${step}\\. (.*?)(?=^## )`, 'ms').exec(PAGE) ?? [];
  const found = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, fence]) => fence === language)
    .map(([, , text = '']) => text);
  if (found.length !== count) {
    throw new Error(`docs/adopt.md has ${found.length} blocks of ${language} in step ${step}, and not ${count}.`);
  }
  return found;
}

function block(step: number, language: string): string {
  return blocks(step, language, 1).join('');
}

const [MAIN = '', BEFORE = '', APP = ''] = blocks(3, 'ts', 3);

const INSTALL = block(2, 'sh');

/** Packages with their versions, as `npm install` is told them. */
function installed(command: string): Readonly<Record<string, string>> {
  const packages = command.matchAll(/(?<=\s)(@?[^\s@]+)@(\d\S*)/g);
  return Object.fromEntries([...packages].map(([, name = '', version = '']) => [name, version]));
}

const [FOR_USE = '', FOR_TYPES = ''] = INSTALL.split(/^(?=npm install --save-dev)/m);

export const ADOPTION = {
  /** Copies `src/ebb`. */
  copy: block(1, 'sh'),
  dependencies: installed(FOR_USE),
  devDependencies: installed(FOR_TYPES),
  /** What is added to `package.json`. */
  manifest: JSON.parse(block(2, 'json')) as Readonly<Record<string, unknown>>,
  /** `src/main.ts`. */
  main: MAIN,
  /** What a `main.ts` has that becomes {@link app}. */
  before: BEFORE,
  /** `src/app.ts`. */
  app: APP,
} as const;
