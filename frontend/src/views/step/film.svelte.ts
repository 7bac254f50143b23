import type { Scene } from "./scenes";

const SECONDS: Record<Scene["stage"], number> = { feed_forward: 1.6, cost: 2.6, back_propagation: 1.8, update: 2.4 };
const SLOWER = 3;

/** Where the film of an iteration stands, and the clock that moves it on. */
export class Film {
  scenes = $state.raw<Scene[]>([]);
  place = $state(0);
  /** How far into the scene, 0 to 1. */
  share = $state(1);
  playing = $state(false);
  slow = $state(false);
  #last = 0;
  #frame = 0;
  /** What is done where the last scene ends: the iteration itself. */
  readonly #end: () => void;

  constructor(end: () => void) {
    this.#end = end;
  }

  get scene(): Scene {
    return this.scenes[Math.min(this.place, this.scenes.length - 1)] ?? { stage: "feed_forward", layer: 1 };
  }

  setScenes(scenes: Scene[]): void {
    this.scenes = scenes;
    this.place = Math.min(this.place, Math.max(0, scenes.length - 1));
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    this.playing = true;
    if (this.share >= 1 && this.place === 0) this.share = 0;
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.#frame);
    // A film that stands still shows how the scene ends.
    this.share = 1;
  }

  /** Go some scenes on or back; past the last one the iteration is done, and the next begins. */
  move(by: number): void {
    this.pause();
    if (this.place + by >= this.scenes.length) {
      this.#end();
      this.place = 0;
    } else this.place = Math.max(0, this.place + by);
  }

  goTo(wanted: (scene: Scene) => boolean): void {
    const found = this.scenes.findIndex(wanted);
    if (found < 0) return;
    this.pause();
    this.place = found;
  }

  #tick(now: number): void {
    if (!this.playing) return;
    // A tab that was away does not jump.
    const passed = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    this.share += passed / (SECONDS[this.scene.stage] * (this.slow ? SLOWER : 1));
    if (this.share >= 1) {
      this.share = 0;
      this.place++;
      if (this.place >= this.scenes.length) {
        this.#end();
        this.place = 0;
      }
    }
    this.#frame = requestAnimationFrame((next) => this.#tick(next));
  }
}

export function prefersStill(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
