/**
 * Redis, NATS, RabbitMQ and an MQTT broker as child processes on loopback, from Debian's packages. Whoever lacks one sees its
 * tests skipped, with the reason.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { Ports } from '../../../tools/lib/processes/ports.js';
import { until } from '../../../tools/lib/processes/until.js';

/** The program of a broker, and how it is started at a port of loopback with a folder of its own. */
const BROKERS = {
  redis: {
    program: 'redis-server',
    launch: (port: number, folder: string) => ({
      args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    }),
  },
  nats: {
    program: 'nats-server',
    launch: (port: number) => ({ args: ['--addr', '127.0.0.1', '--port', `${port}`] }),
  },
  mqtt: {
    program: 'mosquitto',
    launch: (port: number, folder: string) => {
      const config = join(folder, 'mosquitto.conf');
      writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
      return { args: ['-c', config] };
    },
  },
} as const satisfies Record<string, Definition>;

interface Definition {
  readonly program: string;
  launch(
    port: number,
    folder: string,
  ): { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };
}

export type BrokerName = keyof typeof BROKERS;

const ports = new Ports();
const running = new Set<Broker>();

/** Debian keeps servers in `sbin`, which is not in everybody's path. */
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function pathOf(program: string): string | undefined {
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A group of tests that needs brokers; where one is not installed it is skipped, and its name says why. */
export function describeWith(brokers: readonly BrokerName[], subject: string, tests: () => void): void {
  const missing = brokers.map((name) => BROKERS[name].program).filter((program) => pathOf(program) === undefined);
  const group = missing.length === 0 ? describe : describe.skip;
  group(missing.length === 0 ? subject : `${subject} (skipped: no ${missing.join(', no ')} here)`, tests);
}

export class Broker {
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = '';
  #hasEnded = false;

  /** Starts a broker and waits until it accepts connections. @throws Error when it ends before that. */
  static async start(name: BrokerName): Promise<Broker> {
    const broker = new Broker(name, await ports.take());
    await broker.#untilAccepting();
    return broker;
  }

  private constructor(
    readonly name: BrokerName,
    readonly port: number,
  ) {
    const definition: Definition = BROKERS[name];
    this.#folder = mkdtempSync(join(tmpdir(), `ebb-${name}-`));
    const { args, env = {} } = definition.launch(port, this.#folder);
    // Nothing of the host decides a test.
    this.#child = spawn(pathOf(definition.program) ?? definition.program, [...args], {
      cwd: this.#folder,
      env: { HOME: this.#folder, PATH: folders.join(delimiter), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
    }
    this.exited = this.#untilExited();
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  async #untilExited(): Promise<void> {
    await once(this.#child, 'close');
    running.delete(this);
    this.#hasEnded = true;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilAccepting(): Promise<void> {
    let isAccepting = false;
    const looking = setInterval(() => {
      const socket = connect(this.port, '127.0.0.1', () => (isAccepting = true));
      socket.on('error', () => undefined).on('connect', () => socket.destroy());
    }, 20);
    try {
      await until(
        `${this.name} to accept connections`,
        () => isAccepting || undefined,
        () => this.#hasEnded,
        () => this.#log,
      );
    } finally {
      clearInterval(looking);
    }
  }
}

/** Ends what a test has left running. For `afterAll` or `afterEach`. */
export async function endBrokers(): Promise<void> {
  const left = [...running];
  left.forEach((broker) => broker.kill());
  await Promise.all(left.map(({ exited }) => exited));
}
