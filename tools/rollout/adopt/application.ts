/** The application of `stock/`, in a folder of its own, and what `docs/adopt.md` makes of it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ADOPTION } from './page.js';

/** The ceiling of a command. */
const CEILING_MS = 50_000;

const run = promisify(execFile);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export class Application {
  private constructor(readonly folder: string) {}

  /** The application of `stock/` as it is. */
  static async create(): Promise<Application> {
    const folder = await mkdtemp(join(tmpdir(), 'adopt-'));
    await cp('tools/rollout/adopt/stock', folder, { recursive: true });
    return new Application(folder);
  }

  /** Gives it Ebb, step by step as the page has it, up to the build. */
  async adopt(): Promise<void> {
    await this.run('sh', ['-ec', ADOPTION.copy]);
    await this.#install();
    await writeFile(join(this.folder, 'src/main.ts'), ADOPTION.main);
    await writeFile(join(this.folder, 'src/app.ts'), ADOPTION.app);
  }

  /** The program, once it is built. */
  get main(): string {
    return join(this.folder, 'dist/main.js');
  }

  /** Runs a command in its folder. Resolves with what it printed. @throws Error (a rejection) with that when it fails. */
  async run(command: string, args: readonly string[]): Promise<string> {
    const options = { cwd: this.folder, env: { ...process.env, EBB: resolve() }, timeout: CEILING_MS };
    try {
      const { stdout } = await run(command, args, options);
      return stdout;
    } catch (error) {
      const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
      throw new Error([message, stdout, stderr].join('\n'), { cause: error });
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /**
   * What `npm install` would do, without a registry: the folder has the packages that its `package.json` and the page name, and
   * no other. One that the page forgets is not found, neither by the compiler nor by Node.
   */
  async #install(): Promise<void> {
    const manifest = JSON.parse(await readFile(join(this.folder, 'package.json'), 'utf8')) as Manifest;
    const dependencies = { ...manifest.dependencies, ...ADOPTION.dependencies };
    const devDependencies = { ...manifest.devDependencies, ...ADOPTION.devDependencies };
    const text = JSON.stringify({ ...manifest, ...ADOPTION.manifest, dependencies, devDependencies }, undefined, 2);
    await writeFile(join(this.folder, 'package.json'), text);
    for (const name of ['.bin', ...Object.keys({ ...dependencies, ...devDependencies })]) {
      const link = join(this.folder, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(resolve('node_modules', name), link);
    }
  }
}
