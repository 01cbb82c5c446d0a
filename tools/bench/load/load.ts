import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { AnswerReader } from './answer-reader.js';
import { Latencies } from './latencies.js';

export type LoadQuestion =
  | { readonly kind: 'open'; readonly port: number; readonly connections: number; readonly body?: string }
  | { readonly kind: 'run'; readonly ms: number };

export interface LoadOpening {
  readonly opened: number;
}

export interface LoadOutcome {
  /** Answers that came within the time. */
  readonly answered: number;
  /** With those that were on their way when it was over. */
  readonly all: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The part of its core that the client itself used: near 1, it is the client that is measured. */
  readonly clientShare: number;
}

/** How long the last answers may take. */
const LAST_ANSWERS_CEILING_MS = 5_000;

/** The sockets are read one after the other, so one buffer does for all. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1_024);

interface Client {
  readonly socket: Socket;
  readonly reader: AnswerReader;
  sentAt: number;
}

export class Load {
  readonly #request: Buffer;
  readonly #clients: Client[] = [];
  readonly #unasked = () => this.#fail(new Error('It sent an answer to no request.'));
  #onAnswer: (client: Client) => void = this.#unasked;
  #onFailure: (error: Error) => void = () => undefined;
  #failure: Error | undefined;

  private constructor(port: number) {
    this.#request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  }

  /** Opens the connections. @throws Error when one is refused. */
  static async open({ port, connections, body }: LoadQuestion & { kind: 'open' }): Promise<Load> {
    const load = new Load(port);
    const opened = Array.from({ length: connections }, () => load.#connect(port, body));
    await Promise.all(opened.map(({ socket }) => once(socket, 'connect')));
    load.#clients.push(...opened);
    return load;
  }

  /** Sends for that long. @throws Error for a wrong answer, and when a connection ends. */
  run(ms: number): Promise<LoadOutcome> {
    return new Promise((resolve, reject) => {
      const latencies = new Latencies();
      const cpu = process.cpuUsage();
      const begun = performance.now();
      const end = begun + ms;
      let answered = 0;
      let all = 0;
      let waiting = this.#clients.length;
      const watchdog = setTimeout(() => {
        this.#fail(new Error(`${waiting} requests were not answered within ${LAST_ANSWERS_CEILING_MS / 1_000} s.`));
      }, ms + LAST_ANSWERS_CEILING_MS);
      const finish = () => {
        clearTimeout(watchdog);
        this.#onAnswer = this.#unasked;
        const { user, system } = process.cpuUsage(cpu);
        const clientShare = (user + system) / 1_000 / (performance.now() - begun);
        const [p50Ms, p99Ms] = [latencies.percentile(0.5), latencies.percentile(0.99)];
        resolve({ answered, all, p50Ms, p99Ms, clientShare });
      };
      this.#onFailure = (error) => {
        clearTimeout(watchdog);
        reject(error);
      };
      this.#onAnswer = (client) => {
        const now = performance.now();
        latencies.add(now - client.sentAt);
        all += 1;
        if (now < end) {
          answered += 1;
          client.sentAt = now;
          client.socket.write(this.#request);
        } else if ((waiting -= 1) === 0) {
          finish();
        }
      };
      if (this.#failure !== undefined) {
        this.#onFailure(this.#failure);
        return;
      }
      for (const client of this.#clients) {
        client.sentAt = performance.now();
        client.socket.write(this.#request);
      }
    });
  }

  close(): void {
    this.#clients.forEach(({ socket }) => socket.removeAllListeners('close').destroy());
  }

  #connect(port: number, body: string | undefined): Client {
    const reader = new AnswerReader(body === undefined ? undefined : Buffer.from(body));
    const onread = { buffer: BUFFER, callback: (length: number) => this.#read(client, length) };
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    const client: Client = { socket, reader, sentAt: 0 };
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('It closed a connection.')));
    return client;
  }

  #read(client: Client, length: number): boolean {
    try {
      if (client.reader.read(BUFFER, length)) {
        this.#onAnswer(client);
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  /** The first failure is the cause of the others. */
  #fail(error: Error): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#onFailure(error);
    }
  }
}
