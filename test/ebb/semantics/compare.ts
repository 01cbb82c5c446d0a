/** Asks two sides the same, and returns what each of them said and traced. */
import type { Step } from './call.js';
import type { Row } from './row.js';
import { RawSocket } from '../support/raw-socket.js';
import { Service } from '../support/service.js';

/** Above what any conversation takes; the message says with whom it hung. */
const CEILING_MS = 15_000;

/** What came of one conversation. */
export interface Account {
  /** All bytes of the server, as latin1, but for the times of day. */
  readonly received: string;
  readonly trace: readonly string[];
}

/** One side's process. */
export class Served {
  static async start(side: string, table: string): Promise<Served> {
    const service = await Service.start({
      args: ['dist-test/test/ebb/semantics/serve-side.js', side, table],
      // Express prints stacks into its pages otherwise, which name files of the one side.
      env: { NODE_ENV: 'production' },
    });
    return new Served(service, service.moment('startup.complete')['ports'] as Readonly<Record<string, number>>);
  }

  private constructor(
    private readonly service: Service,
    private readonly ports: Readonly<Record<string, number>>,
  ) {}

  /** What the side answers to each form of a row, by the form's name. */
  async accountsOf(row: Row): Promise<Record<string, Account>> {
    const accounts: Record<string, Account> = {};
    for (const [form, steps] of Object.entries(row.forms)) {
      accounts[form] = await this.#converse(row.stage, steps);
    }
    return accounts;
  }

  async #converse(stage: string, steps: readonly Step[]): Promise<Account> {
    const port = this.ports[stage];
    if (port === undefined) {
      throw new Error(`Nobody serves "${stage}".\n${this.service.log}`);
    }
    const socket = await RawSocket.open(port);
    for (const step of steps) {
      await this.#take(step, socket, stage);
    }
    const timer = setTimeout(() => socket.destroy(), CEILING_MS);
    const startedAt = performance.now();
    await socket.closed;
    clearTimeout(timer);
    if (performance.now() - startedAt >= CEILING_MS) {
      throw new Error(`The server of "${stage}" does not hang up. It said ${JSON.stringify(socket.received)}`);
    }
    return { received: withoutTimes(socket.received), trace: await this.#ask('settled', stage) };
  }

  async #take(step: Step, socket: RawSocket, stage: string): Promise<void> {
    if ('send' in step) {
      socket.socket.write(step.send, 'latin1');
    } else if ('received' in step) {
      await socket.until((text) => text.includes(step.received));
    } else if ('traced' in step) {
      await this.#ask('traced', stage, step.traced);
    } else if ('mark' in step) {
      await this.#ask('mark', stage, step.mark);
    } else if (step.leave === 'end') {
      socket.socket.end();
    } else {
      socket.destroy();
    }
  }

  async #ask(what: string, stage: string, event = ''): Promise<readonly string[]> {
    const query = new URLSearchParams({ stage, event }).toString();
    const answer = await fetch(`http://127.0.0.1:${this.service.port}/${what}?${query}`);
    const said: unknown = await answer.json();
    if (answer.status !== 200) {
      throw new Error(`The program that serves "${stage}" says ${JSON.stringify(said)}.\n${this.service.log}`);
    }
    return said as readonly string[];
  }
}

/** The status of each form's first answer, 100 and 103 left aside; undefined where there is none. */
export function statusesOf(accounts: Record<string, Account>): (number | undefined)[] {
  return Object.values(accounts).map(({ received }) => {
    const [, status] = /(?:^|\r\n\r\n)HTTP\/1\.[01] ([2-9]\d\d) /.exec(received) ?? [];
    return status === undefined ? undefined : Number(status);
  });
}

function withoutTimes(received: string): string {
  return received.replaceAll(/^(Date: |Set-Cookie: .*Expires=)\w{3}, [\w :]{17,20} GMT/gim, '$1<time>');
}
