import { refusal } from "../experiment/refusal.ts";

const MAX_ROWS = 100_000;
const MAX_COLUMNS = 1_000;
const MAX_CELLS = 2_000_000;
const SEPARATORS = [",", ";", "\t", "|"];
const SAMPLE = 50;

/** A table of text: the names of its columns, and its rows. */
export interface Cells {
  names: string[];
  rows: string[][];
  separator: string;
}

/** Cut a text into cells; the separator is told from the first lines. */
export function cellsOf(name: string, text: string): Cells {
  const told = /^sep=(.)\r?\n/.exec(text);
  const body = told ? text.slice(told[0].length) : text;
  const separator = told?.[1] ?? separatorOf(body);
  const [head, ...rows] = split(name, body, separator);
  if (!head || rows.length === 0) throw refusal("tableRows", name);
  if (head.length < 2) {
    throw refusal("tableColumn", name);
  }
  checkSize(name, rows.length, head.length);
  return { names: named(head), rows: rows.map((row) => fitted(row, head.length)), separator };
}

/** The one that cuts the first lines into the same number of cells, the larger the better. */
function separatorOf(text: string): string {
  const lines = text
    .slice(0, 200_000)
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim())
    .slice(0, SAMPLE);
  let best = { separator: ",", score: 0 };
  for (const separator of SEPARATORS) {
    const counts = lines.map((line) => split("", line, separator)[0].length);
    const alike = counts.filter((count) => count === counts[0]).length / counts.length;
    const score = counts[0] > 1 ? alike * 100 + Math.min(counts[0], 50) : 0;
    if (score > best.score) best = { separator, score };
  }
  return best.separator;
}

/** Rows of cells; quotes hold separators, line ends and doubled quotes. */
function split(name: string, text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, inQuotes] = [[] as string[], "", false];
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0].trim()) rows.push(row);
    if (rows.length > MAX_ROWS + 1) checkSize(name, rows.length - 1, rows[0].length);
    [row, cell] = [[], ""];
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (inQuotes) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') cell += text[++i];
      else inQuotes = false;
    } else if (sign === '"' && cell.trim() === "") [cell, inQuotes] = ["", true];
    else if (sign === separator) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[i + 1] === "\n") i++;
      endRow();
    } else cell += sign;
  }
  endRow();
  return rows;
}

export function checkSize(name: string, rows: number, columns: number): void {
  if (rows <= MAX_ROWS && columns <= MAX_COLUMNS && rows * columns <= MAX_CELLS) return;
  const grouped = (count: number) => count.toLocaleString("en");
  throw refusal("tableSize", name, grouped(rows), columns, grouped(MAX_ROWS), MAX_COLUMNS, grouped(MAX_CELLS));
}

/** Names without spaces around them, each once. */
function named(head: string[]): string[] {
  const seen = new Set<string>();
  return head.map((raw, k) => {
    const plain = raw.trim().replace(/^\uFEFF/, "") || `column ${k + 1}`;
    let name = plain;
    for (let n = 2; seen.has(name); n++) name = `${plain} ${n}`;
    seen.add(name);
    return name;
  });
}

function fitted(row: string[], columns: number): string[] {
  return row.length === columns ? row : Array.from({ length: columns }, (_, k) => row[k] ?? "");
}
