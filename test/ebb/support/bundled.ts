/** Applications of `test/ebb/apps/` as projects of their own, each with its own package.json, made into a bundle. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a project's package.json says beside what Ebb itself needs. */
export interface ProjectOptions {
  readonly dependencies?: readonly string[];
  readonly external?: readonly string[];
  /** Files of `dist` that are replaced by these texts. */
  readonly files?: Readonly<Record<string, string>>;
}

export class BundledApp {
  /** What the bundler said, warnings too. */
  said = '';

  /** @param name of `test/ebb/apps/` */
  constructor(
    private readonly name: string,
    { dependencies = [], external = [], files = {} }: ProjectOptions = {},
  ) {
    const own = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
    const manifest = {
      name: `${name}-app`,
      type: 'module',
      imports: { '#ebb': './dist/ebb/index.js' },
      dependencies: { ...own.dependencies, ...Object.fromEntries(dependencies.map((one) => [one, '*'])) },
      ebb: { external },
    };
    const replaced = { 'app.js': `export { default } from './test/ebb/apps/${name}.app.js';`, ...files };
    cpSync('dist', join(this.folder, 'dist'), { recursive: true });
    cpSync('dist-test/test/ebb/apps', join(this.folder, 'dist/test/ebb/apps'), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.folder, 'node_modules'));
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(manifest));
    for (const [file, text] of Object.entries(replaced)) {
      writeFileSync(join(this.folder, 'dist', file), text);
    }
  }

  readonly folder = mkdtempSync(join(tmpdir(), 'ebb-bundled-'));

  get output(): string {
    return join(this.folder, 'dist-bundle');
  }

  /** @throws Error with what the bundler said when it refuses. */
  async make(): Promise<this> {
    const { stdout, stderr } = await run(process.execPath, [
      'dist-test/tools/bundle/main.js',
      '--project',
      this.folder,
    ]);
    this.said = stdout + stderr;
    // What is left of the project is the bundle: nothing may be found beside it.
    for (const left of ['dist', 'node_modules', 'package.json']) {
      rmSync(join(this.folder, left), { recursive: true });
    }
    return this;
  }

  /** As arguments of a service. */
  args(...more: string[]): string[] {
    return [join(this.output, 'main.js'), this.name, ...more];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
