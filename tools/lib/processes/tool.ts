/** A program of `tools/` as somebody at a terminal runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Tool {
  readonly child: ChildProcess;
  /** What it has printed by now. */
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

/** @param file  below `dist-test/tools/` */
export function startTool(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Tool {
  const child = spawn(process.execPath, [`dist-test/tools/${file}`, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal makes one: Ctrl-C goes to all that is in it.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return { child, output: () => output, code: once(child, 'close').then(([code]) => code as number | null) };
}

/** npm, the tool and what it has started in the same group get it, twice: npm passes it on. */
export function pressCtrlC({ child: { pid = 0 } }: Tool): void {
  process.kill(-pid, 'SIGINT');
  process.kill(-pid, 'SIGINT');
}
