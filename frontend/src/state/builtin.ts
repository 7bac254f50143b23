import iris from "../../../examples/iris.csv?url";
import penguins from "../../../examples/penguins.csv?url";
import wine from "../../../examples/wine.csv?url";
import type { PlaygroundState } from "../protocol/state";
import type { Playground } from "./playground.svelte";

/** Real tables with names that come with the page: where they are, and what is to be told. */
export const TABLES = {
  penguins: { url: penguins, target: "species" },
  iris: { url: iris, target: "species" },
  wine: { url: wine, target: "grower" },
} as const;
export type TableName = keyof typeof TABLES;

const nameOf = (table: TableName) => `${table}.csv`;

/** Learn from one of the page's own tables. */
export async function giveBuiltin(playground: Playground, table: TableName): Promise<void> {
  const { url, target } = TABLES[table];
  const answer = await fetch(new URL(url, import.meta.url));
  playground.giveTable({ type: "table", name: nameOf(table), content: await answer.blob(), form: "file", target });
}

/** The page's own table that a state learns from; null where it is another. */
export function builtinOf({ data }: PlaygroundState): TableName | null {
  if (data.source !== "file") return null;
  return (Object.keys(TABLES) as TableName[]).find((table) => nameOf(table) === data.file.name) ?? null;
}
