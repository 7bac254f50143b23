const KEY = "walnet-progress";

/** Which lessons and challenges were done: remembered by the browser. */
class Progress {
  done = $state.raw<ReadonlySet<string>>(load());

  mark(id: string): void {
    if (this.done.has(id)) return;
    this.done = new Set([...this.done, id]);
    try {
      localStorage.setItem(KEY, JSON.stringify([...this.done]));
    } catch {
      // Without a store it is remembered while the page is open.
    }
  }
}

function load(): Set<string> {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]") as string[]);
  } catch {
    return new Set();
  }
}

export const progress = new Progress();
