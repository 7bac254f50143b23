import type { FileInfo } from "../protocol/answers";
import type { Playground } from "./playground.svelte";

/** Learn from a person's own table; what is wrong with it is said. */
export function uploadTable(playground: Playground, file: File): void {
  playground.giveTable({ type: "table", name: file.name, content: file, form: "file" });
}

/** Whether the address says that `walnet play FILE` has read a table. */
export function isTableServed(): boolean {
  return new URLSearchParams(location.search).has("table");
}

export async function takeServedTable(playground: Playground): Promise<void> {
  try {
    const answer = await fetch("./table.json");
    if (!answer.ok) throw new Error(String(answer.status));
    playground.giveTable({ type: "table", name: "The table", content: await answer.blob(), form: "columns" });
  } catch {
    playground.say("The table that `walnet play` was started with is not there any more.");
  }
}

export function saveFile({ content, media, name }: FileInfo): void {
  saveBlob(new Blob([content], { type: media }), name);
}

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
