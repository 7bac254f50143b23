// A table that a person gives: a file that is dropped, or one that Python has read.
import { refusal } from "../experiment/refusal.ts";
import type { OwnTable } from "../experiment/table.ts";
import { sha256 } from "../take_away/sha256.ts";
import { textOf } from "./bytes.ts";
import { cellsOf, checkSize } from "./cells.ts";
import { columnsOf, type Column } from "./columns.ts";
import { ownTable, type DrawOrder } from "./own_table.ts";

export interface Given {
  name: string;
  content: Blob;
  /** Whether it is what `walnet play FILE` has read and hands out. */
  isRead: boolean;
}

export async function readTable({ name, content, isRead }: Given, draw: DrawOrder): Promise<OwnTable> {
  const text = await textOf(name, content);
  const known = isRead ? readColumns(text) : { name, columns: columnsOf(cellsOf(name, text)) };
  return ownTable(known.name, sha256(new TextEncoder().encode(text)), known.columns, draw);
}

/** The columns that Python has read. */
function readColumns(text: string): { name: string; columns: Column[] } {
  const { name, columns } = JSON.parse(text) as { name: string; columns: Column[] };
  const isColumn = ({ name: column, kind, values }: Column) =>
    typeof column === "string" && ["number", "date", "category", "empty"].includes(kind) && Array.isArray(values);
  if (!Array.isArray(columns) || !columns.every(isColumn)) throw refusal("tableHandedOut");
  checkSize(name, columns[0]?.values.length ?? 0, columns.length);
  return { name, columns };
}
