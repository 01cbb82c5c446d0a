import { isIPv6 } from 'node:net';
import { WebSocket } from 'ws';
import { HOST, type Route, type Target, reasonOf } from '../load/client.js';
import type { ClientLog } from './client-log.js';
import type { ConnectionEnd } from './record.js';

const HANDSHAKE_CEILING_MS = 10_000;

/** The pause after a reply. */
const THINK_MS = { least: 50, most: 150 };

/** Before it connects again, as socket.io does it. */
const BACK_OFF_MS = { least: 500, most: 1_500 };

/** What is sent, and comes back; `taken` says that the service has begun to handle it. */
const ECHO = 'echo';
const TAKEN = 'taken';

interface Message {
  readonly event?: string;
  readonly data?: { readonly n?: number; readonly pod?: string };
}

/**
 * One WebSocket client. It sends message after message, each when the one before it is answered, and sends again after a
 * reconnect what was not. The messages are those of `@nestjs/platform-ws`.
 */
export class SocketClient {
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #n = 1;
  #isTaken = false;
  #isOver = false;

  /** @param sends whether it sends anything; otherwise it only stays connected. */
  constructor(
    private readonly path: string,
    private readonly sends: boolean,
    private readonly route: Route,
    private readonly log: ClientLog,
  ) {}

  start(): void {
    const target = this.route();
    if (target === undefined) {
      this.log.refused('no endpoint', undefined);
      this.#later();
      return;
    }
    const socket = connect(this.path, target);
    this.#socket = socket;
    let hasOpened = false;
    let why = '';
    socket.once('open', () => {
      hasOpened = true;
      this.log.opened(target.name);
      this.#send(socket);
    });
    socket.on('message', (data: Buffer) => this.#heard(socket, data));
    socket.once('unexpected-response', (_request, { statusCode }) => {
      why = String(statusCode);
      socket.terminate();
    });
    socket.on('error', (error) => (why ||= reasonOf(error)));
    socket.once('close', (code, reason) => {
      if (this.#isOver) {
        return;
      }
      clearTimeout(this.#timer);
      if (hasOpened) {
        this.#lostReply();
        this.log.ended(endOf(code), [code, reason.toString(), why].join(' ').trim());
      } else {
        this.log.refused(why, target.name);
      }
      this.#later();
    });
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #later(): void {
    this.#timer = setTimeout(() => this.start(), between(BACK_OFF_MS));
  }

  #send(socket: WebSocket): void {
    if (this.sends && socket.readyState === WebSocket.OPEN) {
      this.#isTaken = false;
      socket.send(JSON.stringify({ event: ECHO, data: { n: this.#n } }));
    }
  }

  #heard(socket: WebSocket, text: Buffer): void {
    const { event, data } = readMessage(text);
    this.log.heard(data?.pod);
    if (event === TAKEN) {
      this.#isTaken = true;
    } else if (event === ECHO && this.sends) {
      if (data?.n !== this.#n) {
        this.log.gap();
      }
      this.#isTaken = false;
      this.#n += 1;
      this.#timer = setTimeout(() => this.#send(socket), between(THINK_MS));
    }
  }

  /** What was not even taken was not handled: it is sent again, and nothing is lost. */
  #lostReply(): void {
    if (this.#isTaken) {
      this.log.replyLost();
    }
    this.#isTaken = false;
  }
}

/**
 * Tries a path once.
 *
 * @returns whether messages are answered; the reason when there is no WebSocket.
 */
export function trySocket(path: string, target: Target, ceilingMs: number): Promise<boolean | string> {
  return new Promise((resolve) => {
    const socket = connect(path, target);
    let timer: NodeJS.Timeout | undefined;
    const done = (result: boolean | string) => {
      clearTimeout(timer);
      resolve(result);
      socket.terminate();
    };
    socket.once('open', () => {
      timer = setTimeout(() => done(false), ceilingMs);
      socket.send(JSON.stringify({ event: ECHO, data: { n: 0 } }));
    });
    socket.on('message', (data: Buffer) => {
      const { event, data: { n } = {} } = readMessage(data);
      if (event === ECHO && n === 0) {
        done(true);
      }
    });
    socket.once('unexpected-response', (_request, { statusCode }) => done(String(statusCode)));
    socket.on('error', (error) => done(reasonOf(error)));
    socket.once('close', (code) => done(`closed with ${code}`));
  });
}

function connect(path: string, { host, port }: Target): WebSocket {
  return new WebSocket(`ws://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`, {
    handshakeTimeout: HANDSHAKE_CEILING_MS,
    headers: { Host: HOST },
    perMessageDeflate: false,
  });
}

/** 1006 is no code of a server: the connection ended without one. */
function endOf(code: number): ConnectionEnd {
  return code === 1001 ? 'told' : code === 1006 ? 'cut' : 'closed';
}

function readMessage(text: Buffer): Message {
  try {
    return (JSON.parse(text.toString()) as Message | null) ?? {};
  } catch {
    return {};
  }
}

function between({ least, most }: { readonly least: number; readonly most: number }): number {
  return least + Math.random() * (most - least);
}
