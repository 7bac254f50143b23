import { refusal } from "../experiment/refusal.ts";
import { isNumeric, type Column, type NumberColumn, type TextColumn } from "./columns.ts";

/** How one column becomes inputs of the network, told from the rows that are trained on. */
export interface Encoder {
  names: string[];
  /** Write a row's inputs from a place on. */
  write(row: number, into: Float64Array, at: number): void;
}

const MAX_LEVELS = 30;

/** The encoder of a column; a sentence where it is of no use. */
export function encoderOf(column: Column, rows: readonly number[]): Encoder | string {
  if (isNumeric(column)) return ofNumber(column, rows);
  if (column.kind === "empty") return `${column.name} is left out: it is empty`;
  return ofCategory(column, rows);
}

/** Standardised numbers, missing ones as the median, with an input that says so. */
function ofNumber({ name, values }: NumberColumn, rows: readonly number[]): Encoder | string {
  const known = rows.flatMap((row) => values[row] ?? []);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  if (!(deviation > 0) || !Number.isFinite(deviation)) return `${name} is left out: it has the same value in all rows`;
  const median = known.sort((a, b) => a - b)[Math.floor(known.length / 2)];
  const hasMissing = known.length < rows.length;
  return {
    names: hasMissing ? [name, `${name} is missing`] : [name],
    write(row, into, at) {
      const value = values[row];
      into[at] = ((value ?? median) - mean) / deviation;
      if (hasMissing) into[at + 1] = value === null ? 1 : 0;
    },
  };
}

/** One input a level: 1 where the row has it, else 0; of two levels one input, −1 or 1. */
function ofCategory({ name, values }: TextColumn, rows: readonly number[]): Encoder | string {
  const levels = levelsOf(values, rows);
  if (levels.length < 2) return `${name} is left out: it has the same value in all rows`;
  if (levels.length > MAX_LEVELS) return `${name} is left out: it has ${levels.length} different texts`;
  const places = new Map(levels.map((level, k) => [level, k]));
  if (levels.length === 2) {
    return {
      names: [`${name} = ${levels[1]}`],
      write: (row, into, at) => (into[at] = values[row] === levels[1] ? 1 : values[row] === levels[0] ? -1 : 0),
    };
  }
  return {
    names: levels.map((level) => `${name} = ${level}`),
    write(row, into, at) {
      const place = places.get(values[row] ?? "");
      if (place !== undefined) into[at + place] = 1;
    },
  };
}

/** The texts that occur in some rows, in the order of the alphabet. */
export function levelsOf(values: readonly (string | number | null)[], rows: readonly number[]): string[] {
  const found = new Set<string>();
  for (const row of rows) if (values[row] !== null) found.add(String(values[row]));
  return [...found].sort(byNumberOrName);
}

function byNumberOrName(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a < b ? -1 : 1;
}

/** The inputs of some rows, side by side. */
export function encode(encoders: readonly Encoder[], rows: readonly number[]) {
  const columns = encoders.reduce((sum, { names }) => sum + names.length, 0);
  if (columns === 0) throw refusal("noInputs");
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    let at = i * columns;
    for (const encoder of encoders) {
      encoder.write(row, values, at);
      at += encoder.names.length;
    }
  });
  return { values, rows: rows.length, columns };
}
