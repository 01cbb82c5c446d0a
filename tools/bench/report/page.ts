import { documentOf } from '../../lib/picture/picture-document.js';
import { Markup, markup } from '../../lib/picture/picture-markup.js';
import type { BenchResult, Column, Measured } from '../result.js';
import { REFERENCE } from '../subjects.js';
import { type BarNames, type Role, drawChart } from './chart.js';
import { figure, ratio } from './figures.js';
import { type Row, rowsOf } from './rows.js';
import { STYLE } from './style.js';
import { NOISY, aboutOf } from './table.js';

const ROLES: Readonly<Record<string, Role>> = {
  [REFERENCE]: 'reference',
  ebb: 'ebb',
  'ebb-bundled': 'variant',
  'ebb-image': 'ebb',
  'ebb-slow-path': 'variant',
};

const BETTER = { more: 'more is better', less: 'less is better' } as const;

/** One HTML document with all charts and all figures: it has no script and fetches nothing, so that it can be kept. */
export function drawPage(result: BenchResult): string {
  const titles = new Map(result.subjects.map(({ name, title }) => [name, title]));
  const names: BarNames = {
    titleOf: (subject) => titles.get(subject) ?? subject,
    roleOf: (subject) => ROLES[subject] ?? 'other',
  };
  const sections = result.measured.map((measured) => drawSection(measured, rowsOf(measured, result.subjects), names));
  const compared = titles.get(REFERENCE);
  return documentOf(
    `Bench of ${result.startedAt}`,
    STYLE,
    markup`<header>
<h1>Ebb beside others</h1>
${result.noisy ? markup`<p class="alarm">${NOISY}</p>` : markup``}
<p class="about">${aboutOf(result)}</p>
<p class="about"><code>${result.command}</code></p>
<p class="about">Bars are medians, the line on a bar goes from quartile to quartile.${
      compared === undefined ? '' : ` “×” is the median of the ratios to ${compared} in the same round.`
    }</p>
</header>
${sections}`,
  );
}

function drawSection(measured: Measured, rows: readonly Row[], names: BarNames): Markup {
  const columns = measured.columns.filter(({ key }) => hasFigures(rows, key));
  // A figure that is neither good nor bad is in the table.
  const charts = columns.filter(({ better }) => better !== undefined).map((column) => drawOne(column, rows, names));
  return markup`<section>
<h2>${measured.title}</h2>
${measured.notes.map((note) => markup`<p class="note">${note}</p>`)}
<div class="charts">${charts}</div>
${drawTable(columns, rows, names)}
</section>`;
}

function hasFigures(rows: readonly Row[], key: string): boolean {
  return rows.some(({ cells }) => cells.some(({ column }) => column.key === key));
}

function drawOne({ key, title, better }: Column, rows: readonly Row[], names: BarNames): Markup {
  const heading = markup`<h3>${title} <small>${better === undefined ? '' : BETTER[better]}</small></h3>`;
  return markup`<div>${heading}${drawChart(key, rows, names)}</div>`;
}

function drawTable(columns: readonly Column[], rows: readonly Row[], { titleOf, roleOf }: BarNames): Markup {
  const hasCases = rows.some((row) => row.case !== undefined);
  const head = [
    markup`<th class="words"></th>`,
    ...(hasCases ? [markup`<th class="words"></th>`] : []),
    ...columns.map(({ title }) => markup`<th>${title}</th>`),
  ];
  const body = rows.map((row) => {
    const one = row.case === undefined ? [] : [markup`<td class="words">${row.case}</td>`];
    const cells = columns.map(({ key }) => drawCell(row, key));
    return markup`<tr class="${roleOf(row.subject)}"><td class="words">${titleOf(row.subject)}</td>${one}${cells}</tr>\n`;
  });
  return markup`<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function drawCell({ cells }: Row, key: string): Markup {
  const cell = cells.find(({ column }) => column.key === key);
  if (cell === undefined) {
    return markup`<td></td>`;
  }
  const compared = cell.ratio === undefined ? markup`` : markup`<small>${ratio(cell.ratio)}</small>`;
  return markup`<td>${figure(cell.value.median, cell.column.unit)}${compared}</td>`;
}
