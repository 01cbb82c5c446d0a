import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.js';
import type { Endpoints } from './endpoints.js';
import type { RolloutOptions } from './options.js';
import type { Recorder } from './recorder.js';

/** After a request that got no answer, so that a refused connection does not become a busy loop. */
const PAUSE_AFTER_FAILURE_MS = 100;

/** New connections per second. */
const NEW_CONNECTIONS = 50;

interface Crowd {
  readonly kind: string;
  readonly clients: number;
  readonly path: (options: RolloutOptions) => string;
  readonly thinkMs: () => number;
}

const work = (seconds: number) => (options: RolloutOptions) => options.workPath.replace('{seconds}', String(seconds));
const atOnce = () => 0;

const CROWDS: readonly Crowd[] = [
  { kind: 'busy keep-alive', clients: 20, path: (options) => options.fastPath, thinkMs: atOnce },
  {
    kind: 'thinking keep-alive',
    clients: 40,
    path: (options) => options.fastPath,
    thinkMs: () => 200 + Math.random() * 700,
  },
  { kind: '150 ms of work', clients: 10, path: work(0.15), thinkMs: atOnce },
  { kind: '2.5 s of work', clients: 5, path: work(2.5), thinkMs: atOnce },
];

const NEW_CONNECTION = 'new connection each';
const LONG = 'long, in flight at SIGTERM';

/** The clients of a rollout. */
export class Load {
  readonly #running: Promise<void>[] = [];
  #isOver = false;

  constructor(
    private readonly options: RolloutOptions,
    private readonly endpoints: Endpoints,
    private readonly recorder: Recorder,
  ) {
    for (const kind of [...CROWDS.map((crowd) => crowd.kind), NEW_CONNECTION, LONG]) {
      recorder.expect(kind);
    }
  }

  start(): void {
    for (const crowd of CROWDS) {
      for (let client = 0; client < Math.max(1, Math.round(crowd.clients * this.options.load)); client += 1) {
        this.#running.push(this.#goOn(crowd));
      }
    }
    this.#running.push(this.#connectAnew());
  }

  /** Sends the long request straight to one pod: the one that is about to be told to go. */
  sendLong(pod: ReturnType<Endpoints['pick']>): void {
    const client = new Client(LONG, this.recorder, () => pod, false);
    const path = this.options.workPath.replace('{seconds}', String(this.options.longRequestMs / 1_000));
    this.#running.push(client.get(path).then(() => client.close()));
  }

  /** Lets every client finish its request and waits for them. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #goOn({ kind, path, thinkMs }: Crowd): Promise<void> {
    const client = new Client(kind, this.recorder, () => this.endpoints.pick());
    while (!this.#isOver) {
      const isAnswered = await client.get(path(this.options));
      const pauseMs = isAnswered ? thinkMs() : PAUSE_AFTER_FAILURE_MS;
      if (pauseMs > 0) {
        await sleep(pauseMs);
      }
    }
    client.close();
  }

  /** An open model: the next one comes when it is due, not when the last one is done. */
  async #connectAnew(): Promise<void> {
    const everyMs = 1_000 / (NEW_CONNECTIONS * this.options.load);
    const pending = new Set<Promise<unknown>>();
    let dueAt = performance.now();
    while (!this.#isOver) {
      const client = new Client(NEW_CONNECTION, this.recorder, () => this.endpoints.pick(), false);
      const answer = client.get(this.options.fastPath).finally(() => {
        client.close();
        pending.delete(answer);
      });
      pending.add(answer);
      dueAt += everyMs;
      await sleep(Math.max(0, dueAt - performance.now()));
    }
    await Promise.all(pending);
  }
}
