/**
 * A sidecar that is none: a server on loopback that records what it is asked, and answers as well or as badly as a test wants
 * it to. What is not arranged it answers with 404.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { listen } from '../../../src/ebb/http/listen.js';
import { type Sidecar, type SidecarName, SIDECARS } from '../../../src/ebb/sidecars/table.js';
import { until } from '../../../tools/lib/processes/until.js';

/** One request that it got. */
export interface Asked {
  /** Method, path and query: `POST /quitquitquit`. */
  readonly call: string;
  /** When, as `Date.now()` counts; a log's `time` is of the same clock. */
  readonly at: number;
}

/** What a sidecar does with a request. */
export type Behaviour = (response: ServerResponse) => void;

export function answers(status: number, body = ''): Behaviour {
  return (response) => response.writeHead(status).end(body);
}

export function answersAfter(delayMs: number, status: number): Behaviour {
  return (response) => {
    setTimeout(() => response.writeHead(status).end(), delayMs);
  };
}

/** Takes the request and never says a word. */
export const hangs: Behaviour = () => undefined;

/** Says yes, begins a body, and never ends it. */
export const stopsHalfway: Behaviour = (response) => {
  response.writeHead(200, { 'Content-Length': '1000' }).write('half of an ans');
};

/** Says yes, begins a body, and closes the connection in the middle of it. */
export const breaksOff: Behaviour = (response) => {
  response.writeHead(200, { 'Content-Length': '1000' }).write('half of an ans', () => response.socket?.end());
};

export const resets: Behaviour = (response) => {
  response.socket?.resetAndDestroy();
};

export const answersNonsense: Behaviour = (response) => {
  response.socket?.end('SSH-2.0-OpenSSH_10.2\r\n');
};

/** Says yes, and then more than anybody wants to read: 1 MiB, where 64 KiB are read. */
export const answersHugely: Behaviour = (response) => {
  response.writeHead(200).end('x'.repeat(1_048_576));
};

const all = new Set<FakeSidecar>();

export class FakeSidecar {
  readonly asked: Asked[] = [];
  /** How many connections were made to it. */
  connections = 0;
  readonly #arranged = new Map<string, Behaviour>();
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<FakeSidecar> {
    const sidecar = new FakeSidecar();
    await sidecar.revive();
    all.add(sidecar);
    return sidecar;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Method, path and query of each request in the order in which they came, but for statistics: those are read all along. */
  get calls(): string[] {
    return this.asked.map(({ call }) => call).filter((call) => !call.startsWith('GET /stats'));
  }

  /** Arranges what it does when it is asked this, from now on. */
  on(call: string, behaviour: Behaviour): this {
    this.#arranged.set(call, behaviour);
    return this;
  }

  /** How often it was asked this. */
  count(call: string): number {
    return this.asked.filter((one) => one.call === call).length;
  }

  /** Waits until it has been asked this so many times, and returns the last of them. */
  untilAsked(call: string, times = 1): Promise<Asked> {
    return until(
      `"${call}" to be asked ${times} times`,
      () => this.asked.filter((one) => one.call === call)[times - 1],
      () => false,
      () => `It was asked: ${JSON.stringify(this.calls)}`,
    );
  }

  /** From now on nobody listens at its address. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }

  /** Listens again, at the address that it had. */
  async revive(): Promise<void> {
    const server = createServer((request, response) => {
      const call = `${request.method} ${request.url}`;
      this.asked.push({ call, at: Date.now() });
      // Whoever asks may have gone while a long answer is written.
      response.on('error', () => undefined);
      (this.#arranged.get(call) ?? answers(404))(response);
    });
    server.on('connection', () => (this.connections += 1));
    this.#port = await listen(server, this.#port, '127.0.0.1');
    this.#server = server;
  }
}

/** Where a sidecar is asked, and where it is asked to quit if that is a port of its own. */
interface Ports {
  readonly main: FakeSidecar;
  readonly quit: FakeSidecar;
}

/** The variables that say where a sidecar is asked, and where to quit if its row has another address for that. */
export function addressVariables(name: SidecarName, url: string, quitUrl: string): Record<string, string> {
  const row: Sidecar = SIDECARS[name];
  const variable = `SIDECAR_${name.toUpperCase().replaceAll('-', '_')}`;
  return { [`${variable}_URL`]: url, ...(row.quitUrl === undefined ? {} : { [`${variable}_QUIT_URL`]: quitUrl }) };
}

/** The environment of a service that has these sidecars in its pod. */
export function inPod(
  sidecars: Readonly<Partial<Record<SidecarName, FakeSidecar | Ports>>>,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = { SIDECARS: Object.keys(sidecars).join(',') };
  for (const [name, fake] of Object.entries(sidecars)) {
    const { main, quit } = fake instanceof FakeSidecar ? { main: fake, quit: fake } : fake;
    Object.assign(env, addressVariables(name as SidecarName, main.url, quit.url));
  }
  return env;
}

/** Ends what a test has left running. For `afterEach`. */
export async function endFakeSidecars(): Promise<void> {
  await Promise.all(Array.from(all, (sidecar) => sidecar.die()));
  all.clear();
}
