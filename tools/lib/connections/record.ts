/** Clients that stay connected, and come back when their connection ends. */
export type ConnectionKind = 'sockets' | 'streams';

/**
 * How a connection ended: its client was told to come back elsewhere (a close frame with 1001; `retry` and the end of the
 * stream), it was ended in another orderly way, or it broke off.
 */
export type ConnectionEnd = 'told' | 'closed' | 'cut';

/** A connection, from its opening to its end. Every time is in milliseconds since the run began. */
export interface Opening {
  /** The pod it went to; absent where a Service chose one and the service does not say which. */
  readonly pod?: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Absent while it was open at the end of the run. */
  readonly end?: ConnectionEnd;
  /** The close code and its reason, or the code of an error. */
  readonly detail?: string;
}

/** An attempt that did not become a connection. */
export interface Refusal {
  readonly atMs: number;
  readonly pod?: string;
  /** `503`, `ECONNREFUSED`, … */
  readonly reason: string;
  /** An EventSource does not come back after an answer that is no stream. */
  readonly isForGood: boolean;
}

/** One client. */
export interface ConnectedClient {
  readonly openings: readonly Opening[];
  readonly refusals: readonly Refusal[];
  /** Where its sequence was broken: what came next was not the next. */
  readonly gaps: number;
  /** Messages that the service had begun to handle, and whose reply was not there when the connection ended. */
  readonly repliesLost: number;
  /** Whether it was connected at the end of the run, and heard from the service then. */
  readonly isBack: boolean;
}

/** All clients of one kind. */
export interface ConnectionsRecord {
  readonly kind: ConnectionKind;
  /** Whether the service takes part in the check: it answers each message, or numbers its events and replays them. */
  readonly hasSequence: boolean;
  readonly clients: readonly ConnectedClient[];
}
