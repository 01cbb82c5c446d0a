import type { ConnectionsRecord } from './record.js';

/** The same by a clock that began `byMs` earlier. */
export function later({ kind, hasSequence, clients }: ConnectionsRecord, byMs: number): ConnectionsRecord {
  return {
    kind,
    hasSequence,
    clients: clients.map((client) =>
      Object.assign({}, client, {
        openings: client.openings.map((one) =>
          Object.assign({}, one, { fromMs: one.fromMs + byMs, toMs: one.toMs + byMs }),
        ),
        refusals: client.refusals.map((one) => Object.assign({}, one, { atMs: one.atMs + byMs })),
      }),
    ),
  };
}
