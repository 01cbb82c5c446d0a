/** The page, read: its tables, the rest of it, and every figure in either that nothing asserts. */
import { type Row, phrases, ruleRows, shippedRow, symbolRow } from './expected.js';

/** Digits within a word, as in `k8s` and `v1`, are none. */
export const FIGURE = /(?<![\w.])\d+(?:\.\d+)*/g;

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Its tables, and everything else. */
export function taken(text: string): { tables: Table[]; prose: string } {
  const tables: string[][] = [];
  const prose: string[] = [];
  let isCode = false;
  let isTable = false;
  for (const line of text.split('\n')) {
    isCode = line.startsWith('```') ? !isCode : isCode;
    const belongs = !isCode && line.startsWith('|');
    if (belongs) {
      tables.splice(isTable ? -1 : tables.length, 1, [...(isTable ? (tables.at(-1) ?? []) : []), line]);
    } else {
      prose.push(line);
    }
    isTable = belongs;
  }
  return {
    tables: tables.map(([first = '', , ...others]) => {
      const head = cellsOf(first);
      return {
        head,
        rows: others.map((line) => Object.fromEntries(cellsOf(line).map((cell, index) => [head[index] ?? '', cell]))),
      };
    }),
    prose: prose.join('\n'),
  };
}

export const normal = (text: string) => text.replaceAll(/-{2,}/g, '-').replaceAll(/\s+/g, ' ').trim();

function leftOver(text: string): string[] {
  return [...text.matchAll(FIGURE)].map(
    ({ 0: figure, index }) => `nothing asserts ${figure} in: ${text.slice(Math.max(index - 40, 0), index + 20)}`,
  );
}

function proseFaults(prose: string, expected: readonly string[]): string[] {
  const found: string[] = [];
  let rest = normal(prose);
  for (const phrase of expected.map(normal)) {
    const at = rest.indexOf(phrase);
    if (at < 0) {
      found.push(`the text does not say, or not there: ${phrase}`);
    } else {
      found.push(...leftOver(rest.slice(0, at)));
      rest = rest.slice(at + phrase.length);
    }
  }
  return [...found, ...leftOver(rest)];
}

function tableFaults({ head, rows }: Table): string[] {
  const [by = ''] = head;
  return rows.flatMap((cells, index) => {
    const right =
      by === 'symbol' ? symbolRow(cells[by] ?? '') : by === 'rule' ? (expectedRules[index] ?? {}) : shippedRow(cells);
    return head.flatMap((column) => {
      const [is = '', should] = [cells[column], right[column]];
      if (should === undefined) {
        return leftOver(is);
      }
      return is === should ? [] : [`${cells[by]}, ${column}: ${is}, and not ${should}`];
    });
  });
}

// Made once: the page is read hundreds of times.
const expectedPhrases = phrases();
export const expectedRules = ruleRows();

const judgedBefore = new Map<string, string[]>();

function judged(table: Table): string[] {
  const key = JSON.stringify(table);
  const found = judgedBefore.get(key) ?? tableFaults(table);
  judgedBefore.set(key, found);
  return found;
}

/** One text for each figure that is wrong, missing or unasserted. */
export function faults(text: string): string[] {
  const { tables, prose } = taken(text);
  return [...tables.flatMap(judged), ...proseFaults(prose, expectedPhrases)];
}
