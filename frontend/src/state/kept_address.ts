import type { PlaygroundState } from "../protocol/state";
import { noteLeft, writeState } from "./address";
import { Delayed } from "./delayed.svelte";

const PACE_MS = 1000;

/** The page's address, where it follows a state, a moment behind it. */
export class KeptAddress {
  /** Whether it follows the state. */
  follows = false;
  readonly #writing: Delayed;

  constructor(state: () => PlaygroundState) {
    this.#writing = new Delayed(() => {
      if (this.follows) writeState(state());
    });
    window.addEventListener("pagehide", () => {
      if (this.follows) noteLeft(state());
    });
  }

  /** Follow what was changed. */
  keep(): void {
    if (this.follows) this.#writing.within(PACE_MS);
  }
}
