import { COUNTED, countsOf } from '../connections/counts.js';
import type { ConnectionsRecord } from '../connections/record.js';
import type { Failure, PodRecord, RolloutResult } from '../load/result.js';

/** The result for a terminal: what was asked, what was lost, how each pod went. */
export function drawTable(result: RolloutResult): string {
  const requests = result.kinds.reduce((sum, kind) => sum + kind.requests, 0);
  const failed = result.failures.length;
  return [
    align(
      ['clients', 'requests', 'failed', 'slowest'],
      [
        ...result.kinds.map((kind) => [kind.kind, count(kind.requests), count(kind.failed), duration(kind.slowestMs)]),
        ['all', count(requests), count(failed), ''],
      ],
    ),
    ...(failed === 0 ? [] : [align(['failures', 'requests'], byReason(result.failures))]),
    ...drawConnections(result.connections ?? []),
    drawPods(result.pods.filter(({ generation }) => generation === 'old')),
  ].join('\n\n');
}

/** A column for each kind of connection. */
function drawConnections(records: readonly ConnectionsRecord[]): string[] {
  if (records.length === 0) {
    return [];
  }
  const counts = records.map(countsOf);
  const rows = COUNTED.map(([key, what]) => {
    const numbers = counts.map((of) => of[key]);
    return [what].concat(numbers.map((number) => (number === undefined ? 'not checked' : count(number))));
  });
  return [align(['connections', ...records.map(({ kind }) => kind)], rows)];
}

/** How each pod went. A column of which no pod knows anything is left out. */
function drawPods(pods: readonly PodRecord[]): string {
  const columns: readonly (readonly [string, (pod: PodRecord) => string])[] = [
    ['pod', ({ name }) => name],
    ['name', ({ podName = '' }) => podName],
    ['node', ({ node = '' }) => node],
    ['served', ({ served }) => (served === undefined ? '' : count(served))],
    ['SIGTERM → exit', (pod) => optionalDuration(pod.sigtermToExitMs)],
    ['deleted → gone', (pod) => optionalDuration(pod.deletedToGoneMs)],
    ['exit', ({ exit = '' }) => exit],
    ['lame duck ended', ({ lameDuckOver = 'does not say' }) => lameDuckOver],
  ];
  const known = columns.filter(([, cell]) => pods.some((pod) => cell(pod) !== ''));
  return align(
    known.map(([title]) => title),
    pods.map((pod) => known.map(([, cell]) => cell(pod))),
  );
}

function byReason(failures: readonly Failure[]): string[][] {
  const counts = Map.groupBy(failures, ({ reason, pod }) => `${reason}, ${pod ?? 'no pod'}`);
  return [...counts].map(([reason, all]) => [reason, count(all.length)]);
}

/** Columns of equal width; the first one and words to the left, figures to the right. */
export function align(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isFigure = head.map((_, column) => rows.every((row) => /^$|^\d/.test(row[column] ?? '')));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        isFigure[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function optionalDuration(ms: number | undefined): string {
  return ms === undefined ? '' : duration(ms);
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
