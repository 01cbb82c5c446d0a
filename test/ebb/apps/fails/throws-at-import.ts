interface Row {
  readonly id: string;
}

function first(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) {
    throw new RangeError('there is no first row');
  }
  return row;
}

export const row = first([]);
