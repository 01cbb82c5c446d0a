import { type Markup, markup } from '../../lib/picture/picture-markup.js';
import { figure } from './figures.js';
import type { Cell, Row } from './rows.js';

const WIDTH = 680;
const NAMES_WIDTH = 258;
const FIGURES_WIDTH = 190;
const BARS_WIDTH = WIDTH - NAMES_WIDTH - FIGURES_WIDTH;
const ROW_HEIGHT = 24;
const CASE_HEIGHT = 26;
const BAR_HEIGHT = 14;

/** What a bar is of: it decides its colour. */
export type Role = 'ebb' | 'variant' | 'reference' | 'other';

export interface BarNames {
  readonly titleOf: (subject: string) => string;
  readonly roleOf: (subject: string) => Role;
}

/**
 * One figure of all subjects: a bar as long as the median, a line from quartile to quartile, and the ratio in words. Bars begin at
 * zero.
 */
export function drawChart(key: string, rows: readonly Row[], names: BarNames): Markup {
  const lines = rows.flatMap((row) => {
    const cell = row.cells.find(({ column }) => column.key === key);
    return cell === undefined ? [] : [{ row, cell }];
  });
  const most = Math.max(...lines.map(({ cell }) => Math.max(cell.value.median, cell.value.upper)));
  let y = 0;
  let before: string | undefined;
  const drawn: Markup[] = [];
  for (const { row, cell } of lines) {
    if (row.case !== undefined && row.case !== before) {
      drawn.push(markup`<text class="case" x="0" y="${y + 18}">${row.case}</text>`);
      y += CASE_HEIGHT;
    }
    before = row.case;
    drawn.push(markup`<g transform="translate(0 ${y})">${drawBar(row, cell, most, names)}</g>`);
    y += ROW_HEIGHT;
  }
  const base = markup`<path class="base" d="M${NAMES_WIDTH} 0V${y}"/>`;
  return markup`<svg viewBox="0 0 ${WIDTH} ${y}" role="img">${drawn}${base}</svg>`;
}

function drawBar({ subject }: Row, { value, ratio, column }: Cell, most: number, names: BarNames): Markup {
  const x = (of: number) => NAMES_WIDTH + (Math.max(0, of) / Math.max(most, Number.MIN_VALUE)) * BARS_WIDTH;
  const top = (ROW_HEIGHT - BAR_HEIGHT) / 2;
  const middle = ROW_HEIGHT / 2;
  const role = names.roleOf(subject);
  const spread =
    value.count > 1 ? [markup`<path class="spread" d="M${x(value.lower)} ${middle}H${x(value.upper)}"/>`] : [];
  const compared = ratio === undefined ? '' : `${ratio.median.toFixed(2)} ×`;
  const at = Math.max(x(value.median), x(value.upper)) + 8;
  return markup`<text class="subject ${role}" x="${NAMES_WIDTH - 10}" y="${middle + 4}">${names.titleOf(subject)}</text>
<rect class="${role}" x="${NAMES_WIDTH}" y="${top}" width="${x(value.median) - NAMES_WIDTH}" height="${BAR_HEIGHT}"/>${spread}
<text class="figure ${role}" x="${at}" y="${middle + 4}">${figure(value.median, column.unit)}<tspan class="ratio" dx="8">${compared}</tspan></text>`;
}
