import { align } from '../../lib/terminal/table.js';
import type { BenchResult, Measured } from '../result.js';
import { REFERENCE } from '../subjects.js';
import { figure, ratio } from './figures.js';
import { type Row, rowsOf } from './rows.js';

export const NOISY = 'noisy: do not use';

/** Everything for a terminal: medians, and behind them the ratio to the reference in the same round, with quartiles. */
export function drawTables(result: BenchResult): string {
  const { subjects, noisy } = result;
  const titleOf = (name: string) => subjects.find((subject) => subject.name === name)?.title ?? name;
  const blocks = result.measured.map((measured) => drawOne(measured, rowsOf(measured, subjects), titleOf, noisy));
  const about = aboutOf(result);
  const hasRatios = subjects.some(({ name }) => name === REFERENCE);
  const legend = hasRatios
    ? `Medians; in brackets quartiles of the ratio to ${titleOf(REFERENCE)} in the same round.`
    : 'Medians.';
  return ['', ...blocks, about, legend, ...(noisy ? [NOISY] : [])].join('\n\n').replace(/\n\n$/, '');
}

/** When it was measured, on what. */
export function aboutOf({ startedAt, tookMs, machine }: BenchResult): string {
  const { cores, model, node, pinned } = machine;
  const divided = pinned ? 'server and client on a core each' : 'no core for the server alone';
  return `${startedAt.slice(0, 10)}, ${cores} cores of ${model}, ${divided}, Node ${node.slice(1)}, ${Math.round(tookMs / 1_000)} s`;
}

function drawOne(measured: Measured, rows: readonly Row[], titleOf: (name: string) => string, noisy: boolean): string {
  const columns = measured.columns.filter(({ key }) =>
    rows.some(({ cells }) => cells.some(({ column }) => column.key === key)),
  );
  const hasCases = rows.some((row) => row.case !== undefined);
  const head = [measured.title, ...(hasCases ? [''] : []), ...columns.map(({ title }) => title)];
  const lines = rows.map((row) => [
    titleOf(row.subject),
    ...(hasCases ? [row.case ?? ''] : []),
    ...columns.map(({ key, unit }) => {
      const cell = row.cells.find(({ column }) => column.key === key);
      if (cell === undefined) {
        return '';
      }
      const value = figure(cell.value.median, unit);
      return cell.ratio === undefined ? value : `${value}  ${ratio(cell.ratio)}`;
    }),
  ]);
  return [...(noisy ? [NOISY] : []), align(head, lines), ...measured.notes].join('\n');
}
