/** The samples of a measurement, put together: a row for each subject in each case. */
import type { Column, Measured, Sample } from '../result.js';
import { type Summary, summarize } from '../statistics.js';
import { REFERENCE } from '../subjects.js';

export interface Cell {
  readonly column: Column;
  readonly value: Summary;
  /** To the reference in the same round; undefined for the reference itself, and where there is none. */
  readonly ratio?: Summary;
}

export interface Row {
  readonly subject: string;
  readonly case?: string;
  readonly cells: readonly Cell[];
}

/** Rows in the order in which subjects and cases were first measured, those of a case together. */
export function rowsOf({ samples, columns }: Measured, subjects: readonly { readonly name: string }[]): Row[] {
  const cases = [...new Set(samples.map((sample) => sample.case))];
  return cases.flatMap((one) => {
    const ofCase = samples.filter((sample) => sample.case === one);
    return subjects.flatMap(({ name }) => {
      const own = ofCase.filter(({ subject }) => subject === name);
      const references = new Map(
        ofCase.filter(({ subject }) => subject === REFERENCE).map((sample) => [sample.round, sample]),
      );
      const cells = columns.flatMap((column) => cellOf(column, own, name === REFERENCE ? new Map() : references) ?? []);
      return cells.length === 0 ? [] : [{ subject: name, ...(one === undefined ? {} : { case: one }), cells }];
    });
  });
}

function cellOf(column: Column, own: readonly Sample[], references: ReadonlyMap<number, Sample>): Cell | undefined {
  const values = own.flatMap(({ figures }) => figures[column.key] ?? []);
  if (values.length === 0) {
    return undefined;
  }
  const ratios = own.flatMap(({ round, figures }) => {
    const [value, reference] = [figures[column.key], references.get(round)?.figures[column.key]];
    return value === undefined || reference === undefined || reference === 0 ? [] : [value / reference];
  });
  const ratio = column.better === undefined || ratios.length === 0 ? {} : { ratio: summarize(ratios) };
  return { column, value: summarize(values), ...ratio };
}
