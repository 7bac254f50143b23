const MOST = 100;
const TOGETHER_MS = 900;

/** Undo and redo: texts of whole states. Quick changes of one knob are one step. */
export class History {
  past = $state.raw<string[]>([]);
  future = $state.raw<string[]>([]);
  #lastKey = "";
  #lastTime = 0;

  record(before: string, key: string): void {
    const now = performance.now();
    const together = key !== "" && key === this.#lastKey && now - this.#lastTime < TOGETHER_MS;
    this.#lastKey = key;
    this.#lastTime = now;
    this.future = [];
    if (!together) this.past = [...this.past.slice(1 - MOST), before];
  }

  clear(): void {
    this.past = this.future = [];
    this.#lastKey = "";
  }

  undo(present: string): string | undefined {
    const before = this.past.at(-1);
    if (before === undefined) return undefined;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, present];
    this.#lastKey = "";
    return before;
  }

  redo(present: string): string | undefined {
    const after = this.future.at(-1);
    if (after === undefined) return undefined;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, present];
    this.#lastKey = "";
    return after;
  }
}
