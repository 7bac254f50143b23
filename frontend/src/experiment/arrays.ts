export type Floats = Float32Array;
export type Reals = Float32Array | Float64Array;

/** Rows of numbers, one after the other. */
export interface Matrix<Values extends Reals = Reals> {
  values: Values;
  rows: number;
  columns: number;
}

/** The rows from one up to another. */
export function between<Values extends Reals>(matrix: Matrix<Values>, from: number, to: number): Matrix<Values> {
  const { values, columns } = matrix;
  return { values: values.slice(from * columns, to * columns) as Values, rows: to - from, columns };
}

/** Rows at equal distances, at most so many of them: they are in random order already. */
export function spread(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  if (count < 2) return count === 1 ? [0] : [];
  const step = (rows - 1) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? rows - 1 : Math.floor(i * step)));
}

/** Some rows of a matrix, in an order. */
export function takeRows(matrix: Matrix, rows: readonly number[]): Matrix<Floats> {
  const { values, columns } = matrix;
  const taken = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    for (let k = 0; k < columns; k++) taken[i * columns + k] = values[row * columns + k];
  });
  return { values: taken, rows: rows.length, columns };
}

/** One row as a list of plain numbers. */
export function rowOf({ values, columns }: Matrix, row: number): number[] {
  return Array.from({ length: columns }, (_, k) => values[row * columns + k]);
}

export function column({ values, rows, columns }: Matrix, k: number): Float64Array {
  const found = new Float64Array(rows);
  for (let i = 0; i < rows; i++) found[i] = values[i * columns + k];
  return found;
}

/** The place of the largest of some values; of several the first. */
export function argmax(values: ArrayLike<number>, from = 0, count = values.length): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[from + k] > values[from + best]) best = k;
  return best;
}

export function means(matrix: Matrix): Float64Array {
  const sums = new Float64Array(matrix.columns);
  const { values, rows, columns } = matrix;
  for (let i = 0; i < rows; i++) for (let k = 0; k < columns; k++) sums[k] += values[i * columns + k];
  return sums.map((sum) => sum / Math.max(rows, 1));
}

export function ends(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return low <= high ? [low, high] : [0, 0];
}

/** Where a share of sorted values lies below, between two of them as the share says. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
