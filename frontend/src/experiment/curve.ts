import { CURVE_POINTS } from "../protocol/limits.ts";
import type { BothScores } from "./evaluate.ts";

/** Iteration, training and test cost, training and test accuracy. */
export type Point = [number, number, number, number, number];

/** The cost curve of a run, in constant space however long the run is.
 *
 * When it is full the points are thinned to a distance that doubles at least, and nearer
 * ones are not taken from then on: so the past keeps its share of the points.
 */
export class Curve {
  points: Point[] = [];
  #apart = 0;

  /** Add a point, unless it is too near to the last one. */
  add(iteration: number, { train, test }: BothScores): void {
    const last = this.points.at(-1);
    if (last && !isBeyond(last[0], iteration, this.#apart)) return;
    this.points.push([iteration, train.cost, test.cost, train.accuracy, test.accuracy]);
    if (this.points.length > CURVE_POINTS) this.#thin();
  }

  /** Drop the points at an iteration and after it. */
  cut(iteration: number): void {
    this.points = this.points.filter((point) => point[0] < iteration);
    this.#apart = Math.min(this.#apart, room(iteration));
  }

  array(): Float64Array {
    return Float64Array.from(this.points.flat());
  }

  #thin(): void {
    const last = this.points[this.points.length - 1];
    this.#apart = Math.max(2 * this.#apart, room(last[0]));
    const kept = [this.points[0]];
    for (const point of this.points) {
      if (isBeyond(kept[kept.length - 1][0], point[0], this.#apart)) kept.push(point);
    }
    this.points = kept;
  }
}

/** The distance at which half of the points fill a run of a length. */
export function room(iteration: number): number {
  return Math.ceil((2 * iteration) / CURVE_POINTS);
}

/** Whether a point at an iteration is far enough from the one before it. */
export function isBeyond(before: number, iteration: number, apart: number): boolean {
  return iteration >= before + Math.max(1, apart);
}
