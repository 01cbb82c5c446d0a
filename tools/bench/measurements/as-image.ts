/** The bundle as the image has it: in a folder of its own, with the compile cache that is made when the image is built. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUNDLE, MAKE_CACHE, type Subject } from '../subjects.js';

const CEILING_MS = 60_000;

const run = promisify(execFile);

export interface Made {
  readonly subject: Subject;
  readonly remove: () => Promise<void>;
}

/** Makes it of the bundle, of which only a copy is changed. @throws Error with what was printed when the cache is not made. */
export async function asImage(subject: Subject): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-image-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const cache = join(folder, 'compile-cache');
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production' };
  try {
    await cp(BUNDLE, folder, { recursive: true });
    await run(process.execPath, [join(folder, MAKE_CACHE), cache], { env, timeout: CEILING_MS });
  } catch (error) {
    await remove();
    const { message, stderr = '' } = error as Error & { stderr?: string };
    throw new Error(`The compile cache of ${BUNDLE} cannot be made: ${message}\n${stderr}`, { cause: error });
  }
  return { subject: { ...subject, args: [join(folder, 'main.js')], env: { NODE_COMPILE_CACHE: cache } }, remove };
}
