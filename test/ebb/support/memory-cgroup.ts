/** A memory cgroup as a container has one, of either version of cgroups. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const V2 = '/sys/fs/cgroup';
const V1 = '/sys/fs/cgroup/memory';

export class MemoryCgroup {
  private constructor(private readonly folder: string) {}

  /** Undefined where this machine lets nobody make one. */
  static make(limitBytes: number): MemoryCgroup | undefined {
    const isV2 = existsSync(join(V2, 'cgroup.controllers'));
    const folder = join(isV2 ? V2 : V1, `ebb-${process.pid}`);
    try {
      if (isV2) {
        writeFileSync(join(V2, 'cgroup.subtree_control'), '+memory');
      }
      mkdirSync(folder);
      writeFileSync(join(folder, isV2 ? 'memory.max' : 'memory.limit_in_bytes'), String(limitBytes));
      return new MemoryCgroup(folder);
    } catch {
      return undefined;
    }
  }

  /** A command that enters it and then becomes another. */
  command(command: string, args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
    const script = `echo $$ > ${join(this.folder, 'cgroup.procs')} && exec "$@"`;
    return { command: '/bin/sh', args: ['-c', script, 'sh', command, ...args] };
  }

  /** Once all that was in it has ended. */
  remove(): void {
    if (readFileSync(join(this.folder, 'cgroup.procs'), 'utf8') === '') {
      rmdirSync(this.folder);
    }
  }
}
