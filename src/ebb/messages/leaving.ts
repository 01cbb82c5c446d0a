/** How the microservice of one transport leaves. Each step is optional, may return a promise, and has a ceiling. */
import type { Message } from './message.js';
import type { TransportServer } from './transport-server.js';

export interface Leaving {
  /** The ceiling of each step; 2,000 when absent. */
  readonly longestStepMs?: number;
  /**
   * The pod was asked to go. Who fetches its messages from a broker fetches no more: no endpoint has to be told, and another
   * pod gets them. Who is sent them goes on taking them, and tells its clients where the protocol has a word for that.
   */
  readonly leave?: () => unknown;
  /** The lame duck is over: who is sent messages takes no more either. */
  readonly stopListening?: () => unknown;
  /** One message is done. Its answer may still be on its way out. */
  readonly over?: (message: Message) => void;
  /** All are done: brings their answers to whoever they are for, before Nest closes what they go through. */
  readonly flush?: () => unknown;
  /** At the end of the drain, for what is not done. */
  readonly cut?: () => void;
}

/** One row of the table: a transport of Nest. */
export interface Transport {
  /** As the log calls it. */
  readonly name: string;
  /**
   * @param server has not been started yet.
   * @param inWork what it works on at any moment.
   */
  readonly leaving: (server: TransportServer, inWork: ReadonlyMap<unknown, Message>) => Leaving;
}
