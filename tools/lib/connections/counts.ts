import type { ConnectedClient, ConnectionKind, ConnectionsRecord } from './record.js';

/** What clients of one kind went through, in numbers. */
export interface ConnectionCounts {
  readonly clients: number;
  /** Connections that a client opened at another pod than its last one. */
  readonly moved: number;
  readonly told: number;
  readonly cut: number;
  /** Ended in an orderly way, but without the word that has a client come back elsewhere. */
  readonly closed: number;
  /** Attempts after which the client tried again. */
  readonly refused: number;
  readonly refusedForGood: number;
  /** Undefined where the service takes no part in the check. */
  readonly gaps: number | undefined;
  readonly repliesLost: number | undefined;
  /** Connections to a pod that had told the same client to go. */
  readonly returned: number;
  /** The most of these that one client made to one pod. */
  readonly mostReturns: number;
  /** Clients without a living connection at the end. */
  readonly missing: number;
  /** The most that came back within {@link RUSH_MS}, whenever that was. */
  readonly rush: number;
}

/** So long is what counts as one instant. */
export const RUSH_MS = 100;

/** The words for what is counted, in the order in which a table has them. */
export const COUNTED: readonly (readonly [keyof ConnectionCounts, string])[] = [
  ['clients', 'clients'],
  ['moved', 'connections moved to another pod'],
  ['told', 'told to come back: 1001, or retry'],
  ['closed', 'ended without that'],
  ['cut', 'cut'],
  ['refused', 'refused, and tried again'],
  ['refusedForGood', 'refused for good'],
  ['gaps', 'gaps in sequences'],
  ['repliesLost', 'replies lost'],
  ['returned', 'reconnects to a leaving pod'],
  ['rush', `most reconnects in ${RUSH_MS} ms`],
  ['missing', 'not back at the end'],
];

/** What must be zero wherever it is counted, and what is said of it otherwise. */
const TROUBLES: readonly (readonly [keyof ConnectionCounts, (count: number, kind: ConnectionKind) => string])[] = [
  ['cut', (count, kind) => `${were(count, kind)} cut`],
  ['refusedForGood', (count, kind) => `${were(count, kind)} refused for good`],
  ['gaps', (count, kind) => `${count} ${count === 1 ? 'gap' : 'gaps'} in the sequences of ${kind}`],
  ['repliesLost', (count) => `${count} ${count === 1 ? 'reply' : 'replies'} lost`],
  ['missing', (count, kind) => `${were(count, kind)} not back at the end`],
];

/** What is a failure of the run where it is above zero. */
export const MUST_BE_ZERO: ReadonlySet<keyof ConnectionCounts> = new Set(TROUBLES.map(([key]) => key));

export function countsOf({ clients, hasSequence }: ConnectionsRecord): ConnectionCounts {
  const openings = clients.flatMap((client) => client.openings);
  const refusals = clients.flatMap((client) => client.refusals);
  const ended = (how: string) => openings.filter(({ end }) => end === how).length;
  const returns = clients.map(returnsOf);
  return {
    clients: clients.length,
    moved: sum(clients.map(movesOf)),
    told: ended('told'),
    cut: ended('cut'),
    closed: ended('closed'),
    refused: refusals.filter(({ isForGood }) => !isForGood).length,
    refusedForGood: refusals.filter(({ isForGood }) => isForGood).length,
    gaps: hasSequence ? sum(clients.map(({ gaps }) => gaps)) : undefined,
    repliesLost: hasSequence ? sum(clients.map(({ repliesLost }) => repliesLost)) : undefined,
    returned: sum(returns.flat()),
    mostReturns: Math.max(0, ...returns.flat()),
    missing: clients.filter(({ isBack }) => !isBack).length,
    rush: rushOf(clients.flatMap((client) => client.openings.slice(1).map(({ fromMs }) => fromMs))),
  };
}

/** `3 sockets were cut`; nothing where all went well. */
export function troublesOf(record: ConnectionsRecord): string[] {
  const counts = countsOf(record);
  return TROUBLES.flatMap(([key, say]) => {
    const count = counts[key] ?? 0;
    return count === 0 ? [] : [say(count, record.kind)];
  });
}

function were(count: number, kind: ConnectionKind): string {
  return count === 1 ? `1 ${kind.slice(0, -1)} was` : `${count} ${kind} were`;
}

function movesOf({ openings }: ConnectedClient): number {
  return openings.filter(({ pod }, index) => {
    const before = openings[index - 1]?.pod;
    return pod !== undefined && before !== undefined && pod !== before;
  }).length;
}

/** How often it came back to each of the pods that had told it to go. */
function returnsOf({ openings }: ConnectedClient): number[] {
  const returns = new Map<string, number>();
  for (const { pod, end } of openings) {
    if (pod !== undefined) {
      const count = returns.get(pod);
      if (count !== undefined) {
        returns.set(pod, count + 1);
      } else if (end === 'told') {
        returns.set(pod, 0);
      }
    }
  }
  return [...returns.values()];
}

function rushOf(times: readonly number[]): number {
  const inOrder = times.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, at] of inOrder.entries()) {
    while (at - (inOrder[first] ?? at) >= RUSH_MS) {
      first += 1;
    }
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
