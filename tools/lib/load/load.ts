import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Route, type Target } from './client.js';
import type { Recorder } from './recorder.js';

/** After a request that got no answer, so that a refused connection does not become a busy loop. */
const PAUSE_AFTER_FAILURE_MS = 100;

const NEW_CONNECTION = 'new connection each';

/** What the clients ask for, and how many they are. */
export interface LoadSettings {
  /** Multiplies the number of clients. */
  readonly load: number;
  readonly fastPath: string;
  /** `{seconds}` is replaced by the work a request asks for. */
  readonly workPath: string;
  /** Where WebSocket clients stay connected; absent: there are none. */
  readonly sockets?: string;
  /** The same of clients of a stream of events. */
  readonly streams?: string;
}

/** Clients of one kind, each with one keep-alive connection and one request after the other. */
export interface Crowd {
  readonly kind: string;
  readonly clients: number;
  /** How long the answer takes to make; absent: it comes at once. */
  readonly workSeconds?: number;
  /** What they ask for instead. */
  readonly path?: string;
  /** The pause after an answer. */
  readonly thinkMs?: () => number;
}

/** Clients that are never alike: busy, pausing, slow, and (in {@link Load}) a new connection for each request. */
export const CROWDS: readonly Crowd[] = [
  { kind: 'busy keep-alive', clients: 20 },
  { kind: 'thinking keep-alive', clients: 40, thinkMs: () => 200 + Math.random() * 700 },
  { kind: '150 ms of work', clients: 10, workSeconds: 0.15 },
  { kind: '2.5 s of work', clients: 5, workSeconds: 2.5 },
];

/** The clients of a rollout. */
export class Load {
  readonly #running: Promise<void>[] = [];
  #isOver = false;

  /** @param newConnections  how many a second; 0 for none */
  constructor(
    private readonly settings: LoadSettings,
    private readonly route: Route,
    private readonly recorder: Recorder,
    private readonly crowds = CROWDS,
    private readonly newConnections = 50,
  ) {
    for (const { kind } of crowds) {
      recorder.expect(kind);
    }
    if (newConnections > 0) {
      recorder.expect(NEW_CONNECTION);
    }
  }

  start(): void {
    for (const crowd of this.crowds) {
      for (let client = 0; client < Math.max(1, Math.round(crowd.clients * this.settings.load)); client += 1) {
        this.#running.push(this.#goOn(crowd));
      }
    }
    if (this.newConnections > 0) {
      this.#running.push(this.#connectAnew());
    }
  }

  /** Sends one request on a connection of its own, to one target or to where the routing says. Resolves with its answer. */
  send(kind: string, workSeconds: number, target?: Target): Promise<boolean> {
    const client = new Client(kind, this.recorder, target === undefined ? this.route : () => target, false);
    const answered = client.get(workPathOf(this.settings, workSeconds)).finally(() => client.close());
    this.#running.push(answered.then(() => undefined));
    return answered;
  }

  /** Lets every client finish its request and waits for them. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #goOn({ kind, workSeconds, path: given, thinkMs = () => 0 }: Crowd): Promise<void> {
    const client = new Client(kind, this.recorder, this.route);
    // Those who wait long would otherwise ask, and be answered, all at the same moments.
    await sleep(Math.random() * (workSeconds ?? 0) * 1_000);
    const path = given ?? (workSeconds === undefined ? this.settings.fastPath : workPathOf(this.settings, workSeconds));
    while (!this.#isOver) {
      const isAnswered = await client.get(path);
      const pauseMs = isAnswered ? thinkMs() : PAUSE_AFTER_FAILURE_MS;
      if (pauseMs > 0) {
        await sleep(pauseMs);
      }
    }
    client.close();
  }

  /** An open model: the next one comes when it is due, not when the last one is done. */
  async #connectAnew(): Promise<void> {
    const everyMs = 1_000 / (this.newConnections * this.settings.load);
    const pending = new Set<Promise<unknown>>();
    let dueAt = performance.now();
    while (!this.#isOver) {
      const client = new Client(NEW_CONNECTION, this.recorder, this.route, false);
      const answer = client.get(this.settings.fastPath).finally(() => {
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

/** What is asked for where the answer shall take so long. */
export function workPathOf({ workPath }: LoadSettings, seconds: number): string {
  return workPath.replace('{seconds}', String(seconds));
}
