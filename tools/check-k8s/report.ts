/** What was found, for a terminal and for machines. */
import { align } from '../lib/terminal/table.js';
import type { Objection } from './check.js';

/** One source after its check. */
export interface Report {
  readonly source: string;
  readonly workloads: readonly string[];
  readonly objections: readonly Objection[];
  /** Why it could not be checked. */
  readonly problem?: string;
}

export function isFailed(reports: readonly Report[]): boolean {
  return reports.some(({ problem, objections }) => problem !== undefined || counted(objections, 'error') > 0);
}

/** The findings, each once with all the sources that have it, and a line for every source. */
export function draw(reports: readonly Report[]): string {
  const blocks = [...Map.groupBy(reports.flatMap(withSource), ({ text }) => text)].map(
    ([text, all]) => `${text}\n  in         ${listed(all.map(({ source }) => source))}`,
  );
  const rows = reports.map(({ source, workloads, objections, problem }) => [
    source,
    problem === undefined ? workloads.join(', ') : 'could not be checked',
    ...(['error', 'warning', 'waived'] as const).map((kind) =>
      problem !== undefined && kind === 'error' ? '1' : String(counted(objections, kind)),
    ),
  ]);
  return [...blocks, align(['checked', 'workloads', 'errors', 'warnings', 'waived'], rows)].join('\n\n');
}

export function json(reports: readonly Report[]): string {
  return JSON.stringify({ ok: !isFailed(reports), reports }, undefined, 2);
}

function counted(objections: readonly Objection[], kind: 'error' | 'warning' | 'waived'): number {
  return objections.filter(({ severity, waived }) => (waived === undefined ? severity : 'waived') === kind).length;
}

function withSource({ source, objections, problem }: Report): { source: string; text: string }[] {
  return [...(problem === undefined ? [] : [`error      ${indented(problem)}`]), ...objections.map(drawObjection)].map(
    (text) => ({ source, text }),
  );
}

function drawObjection({ rule, severity, says, read, sum = '', change, waived }: Objection): string {
  const [{ object }] = read;
  return [
    `${(waived === undefined ? severity : 'waived').padEnd(9)}  ${rule}: ${object}`,
    `  ${says}`,
    ...align(
      ['field', 'value'],
      read.map((field) => [`${field.object === object ? '' : `${field.object} `}${field.path}`, brief(field.value)]),
    )
      .split('\n')
      .slice(2)
      .map((line) => `  read       ${line}`),
    ...(sum === '' ? [] : [`  sum        ${indented(sum)}`]),
    waived === undefined ? `  change     ${indented(change)}` : `  because    ${waived}`,
  ].join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n             ');
}

/** Of a long value, as much as tells which one it is. */
function brief(value: string): string {
  const line = value.trim().replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/** Of many sources with the same finding; the table has them all. */
const MOST_NAMES = 3;

function listed(names: readonly string[]): string {
  const [first = '', ...more] = [...new Set(names)];
  const others = more.length > MOST_NAMES ? [...more.slice(0, MOST_NAMES), '…'] : more;
  return more.length === 0 ? first : `${first} and ${more.length} more: ${others.join(', ')}`;
}
