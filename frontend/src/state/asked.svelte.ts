import { untrack } from "svelte";
import type { ClientMessage } from "../protocol/requests";

type Request = ClientMessage["type"];

/** Requests that are answered with news of the run, once each, after those before them. */
const ANSWERED: readonly Request[] = ["hello", "set_state", "play", "pause", "reset", "change"];
/** Requests that are answered where they lead to, unless another one comes before that. */
const LEADING: readonly Request[] = ["step", "seek"];

/** What was asked for and is not on the screen yet. */
export class Asked {
  #unanswered = $state.raw<Request[]>([]);
  #underway = $state(false);
  /** There is news of the run, and the frame that follows it is not drawn yet. */
  #undrawn = $state(false);
  /** A frame came after the last news of the run. */
  #arrived = false;
  /** A frame came and is not drawn yet. */
  #waiting = false;

  /** Whether something is. */
  get isAny(): boolean {
    return this.#unanswered.length > 0 || this.#underway || this.#undrawn;
  }

  note(request: Request): void {
    if (LEADING.includes(request)) this.#underway = true;
    else if (ANSWERED.includes(request)) {
      this.#unanswered = [...untrack(() => this.#unanswered), request];
      this.#underway = false;
    }
  }

  /** Forget what was asked of another connection. */
  clear(): void {
    this.#unanswered = [];
    this.#underway = this.#undrawn = false;
    // A new connection brings its first frame unasked. What else comes with a welcome,
    // such as an own table, does not: an answer that is due stays due.
    this.#waiting = false;
  }

  /** News of the run come before the frame that shows it; where nothing moved, none does. */
  answered({ isPlaying, hasMoved }: { isPlaying: boolean; hasMoved: boolean }): void {
    const isPaused = this.#takeOldest() === "pause" && !hasMoved;
    this.#undrawn = !isPlaying && !isPaused;
    this.#arrived = false;
  }

  /** Something went wrong: no frame follows. */
  refused(): void {
    this.#takeOldest();
    this.#undrawn = false;
  }

  /** Take the oldest request as answered. */
  #takeOldest(): Request | undefined {
    const [oldest, ...others] = this.#unanswered;
    this.#unanswered = others;
    if (!oldest) this.#underway = false;
    return oldest;
  }

  frameCame(): void {
    this.#waiting = this.#arrived = true;
  }

  /** What came is drawn; returns whether a frame was among it. */
  drawn(): boolean {
    if (!this.#waiting) return false;
    this.#waiting = false;
    if (this.#arrived) this.#undrawn = false;
    return true;
  }
}
