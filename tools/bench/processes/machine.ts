/** The machine, and how its cores are divided. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly openFiles: number;
  /** False where every process runs on any core: no `taskset`, or one core. */
  readonly pinned: boolean;
}

/** Which core each side has; undefined where they share what there is. */
export interface Cores {
  readonly all: readonly number[];
  readonly server?: number;
  readonly client?: number;
}

/** The cores that this program may use: a container may have less than the machine. */
export function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The server has one core and everything else another one, so that no client takes from what is measured. */
export function divideCores(): Cores {
  const cores = allowedCores();
  const [client, server] = [cores[0], cores.at(-1)];
  if (client === undefined || server === undefined || client === server || !hasTaskset()) {
    return { all: cores };
  }
  return { all: cores, server, client };
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Node on a core, or on several, as a command and its arguments. */
export function nodeOn(core: number | readonly number[] | undefined, args: readonly string[]): [string, string[]] {
  return core === undefined
    ? [process.execPath, [...args]]
    : ['taskset', ['--cpu-list', [core].flat().join(','), process.execPath, ...args]];
}

/** Moves this very program, so that it does not disturb the server's core. */
export function moveTo(core: number | undefined): void {
  if (core !== undefined) {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)], {
      stdio: 'ignore',
    });
  }
}

/** @throws Error where there is no `/proc` to read. */
export function requireProc(): void {
  if (!existsSync('/proc/self/schedstat')) {
    throw new Error(
      'The bench reads processor times and memory from /proc, which Linux alone has. Run it in a container.',
    );
  }
}

export function describeMachine({ server }: Cores): Machine {
  return {
    cores: availableParallelism(),
    model: `${cpus()[0]?.model ?? 'unknown'}, ${arch()}`,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    openFiles: openFilesLimit(),
    pinned: server !== undefined,
  };
}

/** How many files a process may open, and so connections. Node raises its own limit to the hard one, so that this is what counts. */
export function openFilesLimit(): number {
  const text = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Number(text ?? 0) || Number.MAX_SAFE_INTEGER;
}
