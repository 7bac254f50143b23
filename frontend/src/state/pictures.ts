import { unpack, type Frame } from "../transport/frame";
import type { Known } from "./known.svelte";
import type { Sending } from "./sending.svelte";

const NUMBERS_MS = 100;

declare global {
  interface Window {
    /** How long the last frame took to draw, for whoever measures. */
    walnetDrawMs?: number;
  }
}

/** Takes frames as they come, and has them drawn on the screen's beat. */
export class Pictures {
  readonly #known: Known;
  readonly #sending: Sending;
  #drawings = new Set<() => void>();
  #scheduled = false;
  #numbersAt = 0;

  constructor(known: Known, sending: Sending) {
    this.#known = known;
    this.#sending = sending;
  }

  /** Call back after each frame, on the screen's beat; returns how to stop. */
  onDraw(draw: () => void): () => void {
    this.#drawings.add(draw);
    this.redraw();
    return () => this.#drawings.delete(draw);
  }

  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  take(buffer: ArrayBuffer): void {
    const frame = unpack(buffer);
    if (frame.kind === "data") this.#takePoints(frame);
    else if (frame.kind === "curve") this.#known.curve.replace(frame.arrays.curve ?? []);
    else if (frame.kind === "surface") this.#known.surface = frame;
    else this.#takeFrame(frame);
    this.redraw();
  }

  #takePoints(frame: Frame): void {
    const known = this.#known;
    const anew = known.points?.header.generation !== frame.header.generation;
    known.points = frame;
    if (anew && known.dataVersion > 0) known.curve.clear();
    known.dataVersion++;
  }

  #takeFrame(frame: Frame): void {
    const known = this.#known;
    this.#sending.asked.frameCame();
    const h = frame.header;
    if (known.info && h.shape !== known.info.shape) return; // of the network that was before
    known.frame = frame;
    if (h.generation !== known.points?.header.generation) return;
    known.curve.push([h.iteration, h.train_cost, h.test_cost, h.train_accuracy, h.test_accuracy]);
    known.furthest = h.furthest;
  }

  #draw(): void {
    this.#scheduled = false;
    const began = performance.now();
    for (const draw of this.#drawings) draw();
    window.walnetDrawMs = performance.now() - began;
    this.#showNumbers(began);
    if (this.#sending.asked.drawn()) this.#sending.send({ type: "next", gradients: this.#known.wantGradients });
  }

  #showNumbers(now: number): void {
    const known = this.#known;
    if (!known.frame || (known.playing && now - this.#numbersAt < NUMBERS_MS)) return;
    this.#numbersAt = now;
    known.numbers = known.frame.header;
    this.#sending.showRate();
    if (!this.#sending.decidesRun) known.state.run.iteration = known.frame.header.goal;
    known.address.keep();
  }
}
