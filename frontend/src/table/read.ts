// A table that a person gives: a file that is dropped, or one that Python has read.
import { refusal } from "../experiment/refusal.ts";
import type { OwnTable } from "../experiment/table.ts";
import type { TableForm } from "../protocol/requests.ts";
import { sha256 } from "../take_away/sha256.ts";
import { textOf } from "./bytes.ts";
import { cellsOf, checkSize } from "./cells.ts";
import { columnsOf, type Column } from "./columns.ts";
import { givenExamples } from "./given.ts";
import { ownTable, type DrawOrder } from "./own_table.ts";

export interface Given {
  name: string;
  content: Blob;
  form: TableForm;
  /** What is to be told of it. */
  target?: string;
}

export async function readTable({ name, content, form, target }: Given, draw: DrawOrder): Promise<OwnTable> {
  const text = await textOf(name, content);
  const sum = sha256(new TextEncoder().encode(text));
  if (form === "examples") return givenExamples(text, sum);
  const known = form === "columns" ? readColumns(text) : { name, columns: columnsOf(cellsOf(name, text)) };
  return ownTable(known.name, sum, known.columns, draw, target);
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
