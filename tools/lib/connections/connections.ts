import { setTimeout as sleep } from 'node:timers/promises';
import type { Route, Target } from '../load/client.js';
import type { LoadSettings } from '../load/load.js';
import { WrongPathError } from '../load/preflight.js';
import { ClientLog } from './client-log.js';
import type { ConnectionKind, ConnectionsRecord } from './record.js';
import { SocketClient, trySocket } from './socket-client.js';
import { StreamClient, tryStream } from './stream-client.js';

/** Of each kind, multiplied by the load. */
const CLIENTS = 40;

/** What a service that takes part in the check says at once. */
const TRIAL_CEILING_MS = 3_000;

/** At the end, for those that are still on their way back, and for everybody to hear something. */
const BACK_CEILING_MS = 6_000;

const LOOK_EVERY_MS = 20;

interface Kind {
  readonly kind: ConnectionKind;
  readonly hasSequence: boolean;
  readonly members: readonly { readonly client: SocketClient | StreamClient; readonly log: ClientLog }[];
}

/** Each kind of client: how it is tried, and made. */
const KINDS = {
  sockets: { what: 'a WebSocket', attempt: trySocket, Client: SocketClient },
  streams: { what: 'a stream of events', attempt: tryStream, Client: StreamClient },
} as const;

/** The clients of a run that stay connected. */
export class Connections {
  #records: readonly ConnectionsRecord[] = [];

  private constructor(
    private readonly kinds: readonly Kind[],
    private readonly now: () => number,
  ) {}

  /**
   * Tries the paths, each once, and makes the clients.
   *
   * @throws {@link WrongPathError} when there is no WebSocket or no stream at a path
   */
  static async prepare(
    settings: LoadSettings,
    target: Target | undefined,
    route: Route,
    now: () => number,
  ): Promise<Connections> {
    const kinds: Kind[] = [];
    for (const kind of ['sockets', 'streams'] as const) {
      const path = settings[kind];
      if (path !== undefined && target !== undefined) {
        const { what, attempt, Client } = KINDS[kind];
        const hasSequence = await attempt(path, target, TRIAL_CEILING_MS);
        if (typeof hasSequence === 'string') {
          throw new WrongPathError(
            `There is not ${what} at ${path} but: ${hasSequence}. Name the path of one with --${kind}, or leave that out.`,
          );
        }
        const members = Array.from({ length: Math.max(1, Math.round(CLIENTS * settings.load)) }, () => {
          const log = new ClientLog(now);
          return { client: new Client(path, hasSequence, route, log), log };
        });
        kinds.push({ kind, hasSequence, members });
      }
    }
    return new Connections(kinds, now);
  }

  /** What there is after {@link stop}. */
  get records(): readonly ConnectionsRecord[] {
    return this.#records;
  }

  start(): void {
    this.kinds.forEach(({ members }) => members.forEach(({ client }) => client.start()));
  }

  /** Waits for those that are on their way back, and ends all of them. */
  async stop(): Promise<void> {
    const since = this.now();
    const isBack = (log: ClientLog, hasSequence: boolean) => log.isOpen && (!hasSequence || log.heardAtMs >= since);
    const isSettled = () =>
      this.kinds.every(({ members, hasSequence }) =>
        members.every(({ log }) => log.isGivenUp || isBack(log, hasSequence)),
      );
    while (!isSettled() && this.now() - since < BACK_CEILING_MS) {
      await sleep(LOOK_EVERY_MS);
    }
    this.#records = this.kinds.map(({ kind, hasSequence, members }) => ({
      kind,
      hasSequence,
      clients: members.map(({ log }) => log.record(isBack(log, hasSequence))),
    }));
    this.close();
  }

  /** Ends all of them at once. */
  close(): void {
    this.kinds.forEach(({ members }) => members.forEach(({ client }) => client.close()));
  }
}
