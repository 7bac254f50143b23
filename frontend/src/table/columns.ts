import type { Cells } from "./cells.ts";

/** Numbers; dates are days since 1970. What is missing is null. */
export interface NumberColumn {
  name: string;
  kind: "number" | "date";
  values: (number | null)[];
}

export interface TextColumn {
  name: string;
  kind: "category" | "empty";
  values: (string | null)[];
}

/** A column of a table. */
export type Column = NumberColumn | TextColumn;

export function isNumeric(column: Column): column is NumberColumn {
  return column.kind === "number" || column.kind === "date";
}

const MISSING = new Set([
  "",
  "-",
  "--",
  ".",
  "?",
  "na",
  "n/a",
  "n.a.",
  "nan",
  "null",
  "none",
  "<na>",
  "missing",
  "#n/a",
]);
/** A column of which so much is numbers is one of numbers; the rest is missing. */
const NEARLY_ALL = 0.9;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The columns of a table of text, each of the kind that its cells are. */
export function columnsOf({ names, rows, separator }: Cells): Column[] {
  return names.map((name, k) => {
    const cells = rows.map((row) => textOf(row[k]));
    return { name, ...readColumn(cells, separator) } as Column;
  });
}

function textOf(cell: string): string | null {
  const text = cell.trim();
  return MISSING.has(text.toLowerCase()) ? null : text;
}

type Unnamed = Omit<NumberColumn, "name"> | Omit<TextColumn, "name">;

function readColumn(cells: (string | null)[], separator: string): Unnamed {
  const known = cells.filter((cell) => cell !== null);
  if (known.length === 0) return { kind: "empty", values: cells };
  if (known.every((cell) => /^0\d+$/.test(cell))) return { kind: "category", values: cells }; // codes
  const mark = decimalMark(known, separator);
  const numbers = cells.map((cell) => (cell === null ? null : numberOf(cell, mark)));
  if (isNearlyAll(numbers, known.length)) return { kind: "number", values: numbers };
  const dates = cells.map((cell) => (cell === null ? null : dayOf(cell)));
  if (isNearlyAll(dates, known.length)) return { kind: "date", values: dates };
  return { kind: "category", values: cells };
}

function isNearlyAll(values: (number | null)[], known: number): boolean {
  return values.filter((value) => value !== null).length >= NEARLY_ALL * known;
}

/** A comma in a column is the decimal mark unless it groups thousands in all of its cells. */
function decimalMark(cells: string[], separator: string): "," | "." {
  const withComma = cells.filter((cell) => cell.includes(","));
  if (withComma.length === 0) {
    // 1.299 and 12.500 with semicolons between are thousands, as most of Europe writes them.
    const grouped = separator === ";" && cells.every((cell) => /^[-+−]?\d{1,3}(\.\d{3})+$/.test(cell));
    return grouped ? "," : ".";
  }
  if (withComma.some((cell) => cell.lastIndexOf(".") > cell.lastIndexOf(","))) return ".";
  const grouped = withComma.every((cell) => /^[^\d]*\d{1,3}(,\d{3})+[^\d]*$/.test(cell));
  return grouped && separator !== ";" ? "." : ",";
}

/** A number as people write it; null where it is none. */
function numberOf(cell: string, mark: "," | "."): number | null {
  let text = cell.replace(/[−–]/, "-").replace(/[\s'’\u00a0\u202f]/g, "");
  const isNegative = /^\(.*\)$/.test(text);
  text = text.replace(/^\((.*)\)$/, "$1").replace(/^([-+]?)[$€£¥]/, "$1");
  text = text.replace(/([€£$¥%]|EUR|USD|CHF|GBP)$/i, "");
  text = mark === "," ? text.replace(/\./g, "").replace(",", ".") : text.replace(/,/g, "");
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  return isNegative ? -value : value;
}

/** Days since 1970 of 2024-01-31, 31.01.2024 or 2024/01/31, with a time if there is one. */
function dayOf(cell: string): number | null {
  const match =
    /^(?:(\d{4})[-/](\d{1,2})[-/](\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?$/.exec(
      cell,
    );
  if (!match) return null;
  const [, year, month, day, day2, month2, year2, hour = "0", minute = "0", second = "0"] = match;
  const [y, m, d] = [year ?? year2, month ?? month2, day ?? day2].map(Number);
  const date = new Date(Date.UTC(y, m - 1, d));
  if (date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return null;
  return date.getTime() / DAY + (60 * Number(hour) + Number(minute) + Number(second) / 60) / (DAY / MINUTE);
}
