import { type Markup, markup } from './picture-markup.js';

/** A part of the chart, drawn at its own origin. */
export interface Drawing {
  readonly height: number;
  readonly content: Markup;
}

export type LabelLine = readonly [style: 'name' | 'fact' | 'bad', text: string];

const LINE_HEIGHT = 15;
const LONGEST_LINE = 36;

/** The words on the left of a lane. */
export function drawLabel(lines: readonly LabelLine[]): Drawing {
  const content = lines.map(([style, text], index) => {
    const whole = text.length > LONGEST_LINE ? markup`<title>${text}</title>` : '';
    const shown = whole === '' ? text : `${text.slice(0, LONGEST_LINE - 1)}…`;
    return markup`<text class="${style}" x="0" y="${12 + index * LINE_HEIGHT}">${shown}${whole}</text>`;
  });
  return { height: lines.length * LINE_HEIGHT, content: markup`${content}` };
}

/** The words above the lanes that belong together. */
export function drawHeading(title: string, note?: string): Drawing {
  const noted = note === undefined ? [] : markup`<text class="fact" x="112" y="13">${note}</text>`;
  return { height: 26, content: markup`<text class="heading" x="0" y="13">${title}</text>${noted}` };
}

/** A name in as many lines as it takes: pods, and nodes too, differ at the end of their names, so it must not be cut. */
export function wholeName(name: string): LabelLine[] {
  const [whole, upToDash, any] = [`.{1,${LONGEST_LINE}}$`, `.{1,${LONGEST_LINE - 1}}-`, `.{1,${LONGEST_LINE}}`];
  return (name.match(new RegExp(`${whole}|${upToDash}|${any}`, 'g')) ?? []).map((line) => ['fact', line]);
}
