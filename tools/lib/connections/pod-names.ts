import type { PodRecord } from '../load/result.js';
import type { ConnectionsRecord } from './record.js';

/** The same, by the names that the pods have in the run: a service calls itself by the name it has in the cluster. */
export function renamed(records: readonly ConnectionsRecord[], pods: readonly PodRecord[]): ConnectionsRecord[] {
  const names = new Map(pods.map(({ podName, name }) => [podName, name]));
  const rename = <T extends { readonly pod?: string }>(one: T): T =>
    Object.assign({}, one, one.pod === undefined ? {} : { pod: names.get(one.pod) ?? one.pod });
  return records.map(({ kind, hasSequence, clients }) => ({
    kind,
    hasSequence,
    clients: clients.map((client) => Object.assign({}, client, { openings: client.openings.map(rename) })),
  }));
}
