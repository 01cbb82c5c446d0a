/**
 * Redis, NATS, RabbitMQ and an MQTT broker as child processes on loopback, from Debian's packages. Whoever lacks one sees its
 * tests skipped, with the reason.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { Ports } from '../../../tools/lib/processes/ports.js';
import { until } from '../../../tools/lib/processes/until.js';
import { BROKERS, type Definition, type Program } from './brokers.js';

export type BrokerName = keyof typeof BROKERS;

const ports = new Ports();
const running = new Set<Broker>();

/** Debian keeps servers in `sbin`, which is not in everybody's path, and a wrapper for its own user in the place of RabbitMQ's. */
const folders = [
  '/usr/lib/rabbitmq/bin',
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
];

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
  readonly #beside: ChildProcess | undefined;
  readonly #folder: string;
  #log = '';
  #hasEnded = false;

  /** Starts a broker and waits until it accepts connections. @throws Error when it ends before that. */
  static async start(name: BrokerName): Promise<Broker> {
    const { morePorts = 0, saysHalfway = '' }: Definition = BROKERS[name];
    const more = await Promise.all(Array.from({ length: morePorts }, () => ports.take()));
    const broker = new Broker(name, await ports.take(), more);
    await broker.#untilSaid(saysHalfway);
    await broker.#untilAccepting();
    return broker;
  }

  private constructor(
    readonly name: BrokerName,
    readonly port: number,
    morePorts: readonly number[],
  ) {
    const definition: Definition = BROKERS[name];
    this.#folder = mkdtempSync(join(tmpdir(), `ebb-${name}-`));
    const { args, env = {}, beside } = definition.launch(port, this.#folder, morePorts);
    this.#beside = beside === undefined ? undefined : this.#spawn(beside, env);
    this.#child = this.#spawn({ program: definition.program, args }, env);
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
    }
    this.exited = this.#untilExited();
  }

  /** With whatever it has started itself. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) {
        process.kill(-pid, signal);
      }
    } catch {
      // Gone already.
    }
  }

  #spawn({ program, args }: Program, env: Readonly<Record<string, string>>): ChildProcess {
    // Nothing of the host decides a test.
    return spawn(pathOf(program) ?? program, [...args], {
      cwd: this.#folder,
      env: { HOME: this.#folder, PATH: folders.join(delimiter), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  async #untilExited(): Promise<void> {
    await once(this.#child, 'close');
    this.#beside?.kill('SIGKILL');
    running.delete(this);
    this.#hasEnded = true;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilSaid(text: string): Promise<void> {
    await until(
      `${this.name} to print "${text}"`,
      () => this.#log.includes(text) || undefined,
      () => this.#hasEnded,
      () => this.#log,
    );
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
