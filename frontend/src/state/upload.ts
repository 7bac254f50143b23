import type { Playground } from "./playground.svelte";

/** Send a person's own table to the session; what is wrong with it is said. */
export async function uploadTable(playground: Playground, file: File): Promise<void> {
  playground.flush();
  playground.status = `Reading ${file.name} …`;
  try {
    const response = await fetch("/upload", {
      method: "POST",
      body: file,
      headers: {
        "content-type": "application/octet-stream",
        "x-walnet-session": playground.session,
        "x-walnet-name": encodeURIComponent(file.name),
      },
    });
    if (!response.ok) {
      const { message } = (await response.json()) as { message: string };
      playground.say(message);
    }
  } catch {
    playground.say(`${file.name} could not be sent: the connection was lost.`);
  } finally {
    playground.status = "";
  }
}

/** Fetch one of the session's files: Python, model, ONNX, history. */
export async function fetchExport(playground: Playground, kind: string): Promise<Blob> {
  const response = await fetch(`/export/${kind}`, {
    headers: { "x-walnet-session": playground.session },
  });
  if (!response.ok) throw new Error(await response.text());
  return response.blob();
}

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
