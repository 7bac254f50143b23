import { keep, recall } from "./store";

const KEY = "walnet-progress";

/** Which lessons and challenges were done: remembered by the browser. */
class Progress {
  done = $state.raw<ReadonlySet<string>>(load());

  mark(id: string): void {
    if (this.done.has(id)) return;
    this.done = new Set([...this.done, id]);
    keep(KEY, JSON.stringify([...this.done]));
  }
}

function load(): Set<string> {
  try {
    return new Set(JSON.parse(recall(KEY) || "[]") as string[]);
  } catch {
    return new Set();
  }
}

export const progress = new Progress();
