import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SHUTDOWN_MOMENTS, readEvent, reasonOf } from '../../lib/load/log-event.js';
import type { ProcessOptions } from '../options.js';
import type { PodMoment } from '../../lib/load/result.js';

/** How long a pod may take to become ready. */
const START_CEILING_MS = 60_000;

const PROBE_EVERY_MS = 50;

/** How many lines of a pod's output are kept, to show when it fails. */
const KEPT_LINES = 40;

export interface PodSlot {
  readonly name: string;
  readonly generation: 'old' | 'new';
  readonly port: number;
  readonly managementPort: number;
}

/** What the run tells a pod: the time, and whom to tell what happened. */
export interface PodContext {
  readonly options: ProcessOptions;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** The same of a moment that a log dates by the clock on the wall. */
  readonly at: (isoTime: string) => number;
  readonly onMoment: (pod: Pod, moment: PodMoment) => void;
}

/** A real process that is treated as the kubelet treats a pod. */
export class Pod {
  readonly name: string;
  readonly generation: 'old' | 'new';
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly moments: PodMoment[] = [];
  /** Resolves when the process has ended and its output is read. */
  readonly gone: Promise<void>;
  /** How the process ended, in words. */
  exit: string | undefined;
  lameDuckOver: string | undefined;
  readonly #child: ChildProcess;
  readonly #managementPort: number;
  readonly #lastLines: string[] = [];

  constructor(
    slot: PodSlot,
    private readonly context: PodContext,
  ) {
    this.name = slot.name;
    this.generation = slot.generation;
    this.port = slot.port;
    this.#managementPort = slot.managementPort;
    this.#child = this.#spawn();
    this.#note('created');
    this.gone = once(this.#child, 'close').then(() => undefined);
    this.#child.once('exit', (code, signal) => {
      this.exit = signal ?? String(code);
      this.#note('exit', this.exit);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on('line', (line) => this.#read(line));
      }
    }
  }

  /** Waits for `/readyz`; of a program without a management port, for the port to accept. @throws Error with its log. */
  async ready(): Promise<void> {
    const deadline = performance.now() + START_CEILING_MS;
    while (!(await this.#isReady())) {
      if (this.exit !== undefined || performance.now() > deadline) {
        const what =
          this.exit === undefined ? `is not ready after ${START_CEILING_MS / 1_000} s` : `exited (${this.exit})`;
        throw new Error(`${this.name} ${what}. Its last output:\n${this.#lastLines.join('\n')}`);
      }
      await sleep(PROBE_EVERY_MS);
    }
    this.#note('ready');
  }

  /** Deletes the pod: preStop sleep, SIGTERM, SIGKILL at the grace period. Resolves when the process has ended. */
  async delete(): Promise<void> {
    const { preStopMs, graceMs } = this.context.options;
    this.#note('deleted');
    const killer = setTimeout(() => {
      this.#note('SIGKILL');
      this.#child.kill('SIGKILL');
    }, graceMs);
    await sleep(preStopMs);
    this.#note('SIGTERM');
    this.#child.kill('SIGTERM');
    await this.gone;
    clearTimeout(killer);
  }

  /** Notes that nobody routes to it any more. */
  forgotten(): void {
    this.#note('endpoints.forgot');
  }

  /** Ends the process, whatever it does. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #spawn(): ChildProcess {
    const { service, preStopMs, propagationMs, lameDuckMs, graceMs } = this.context.options;
    const env = {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(this.port),
      MANAGEMENT_PORT: String(this.#managementPort),
      PRE_STOP_SECONDS: String(preStopMs / 1_000),
      PROPAGATION_SECONDS: String(propagationMs / 1_000),
      LAME_DUCK_SECONDS: String(lameDuckMs / 1_000),
      TERMINATION_GRACE_PERIOD_SECONDS: String(graceMs / 1_000),
    };
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return service === undefined
      ? spawn(process.execPath, ['dist/main.js'], { env, stdio })
      : // `exec`, so that signals reach the program and not a shell in front of it.
        spawn('sh', ['-c', `exec ${service}`], { env, stdio });
  }

  async #isReady(): Promise<boolean> {
    if (!(await accepts(this.port))) {
      return false;
    }
    return !(await accepts(this.#managementPort)) || answersOk(this.#managementPort, '/readyz');
  }

  #read(line: string): void {
    this.#lastLines.push(line);
    this.#lastLines.splice(0, this.#lastLines.length - KEPT_LINES);
    const event = readEvent(line);
    if (event !== undefined && SHUTDOWN_MOMENTS.has(event.event)) {
      const detail = reasonOf(event);
      if (event.event === 'lame-duck.over') {
        this.lameDuckOver = detail;
      }
      this.#note(event.event, detail, this.context.at(event.time));
    }
  }

  #note(name: string, detail?: string, atMs = this.context.now()): void {
    const moment = { atMs, name, ...(detail === undefined ? {} : { detail }) };
    this.moments.push(moment);
    this.context.onMoment(this, moment);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function answersOk(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}
