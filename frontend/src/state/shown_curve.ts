import { isBeyond, room } from "../experiment/curve";
import { CURVE_POINTS } from "../protocol/limits";

/** Iteration, training and test cost, training and test accuracy. */
const WIDTH = 5;

/** The cost curve as the page draws it: what the run's had when it was sent, and what came since.
 *
 * It is thinned as the run's is, and its numbers lie in one array: drawing it takes
 * constant time however long training runs.
 */
export class ShownCurve {
  length = 0;
  #apart = 0;
  #values = new Float64Array(WIDTH * CURVE_POINTS);

  at(point: number, column: number): number {
    return this.#values[point * WIDTH + column];
  }

  get last(): number {
    return this.length ? this.at(this.length - 1, 0) : -1;
  }

  clear(): void {
    this.length = this.#apart = 0;
  }

  push(values: ArrayLike<number>): void {
    if (this.length && !isBeyond(this.last, values[0], this.#apart)) return;
    if (this.length === CURVE_POINTS) this.#thin();
    this.#values.set(values, this.length++ * WIDTH);
  }

  /** Take over a whole curve, point after point. */
  replace(values: ArrayLike<number>): void {
    this.clear();
    for (let i = 0; i + WIDTH <= values.length; i += WIDTH) {
      this.push(Array.prototype.slice.call(values, i, i + WIDTH));
    }
  }

  /** Drop the points after an iteration. */
  truncate(iteration: number): void {
    while (this.length && this.last > iteration) this.length--;
    this.#apart = Math.min(this.#apart, room(iteration));
  }

  /** The last point at or before an iteration. */
  find(iteration: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.at(middle, 0) <= iteration) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  copy(): ShownCurve {
    const copy = new ShownCurve();
    copy.length = this.length;
    copy.#apart = this.#apart;
    copy.#values.set(this.#values);
    return copy;
  }

  toArray(): number[] {
    return Array.from(this.#values.subarray(0, this.length * WIDTH));
  }

  #thin(): void {
    this.#apart = Math.max(2 * this.#apart, room(this.last));
    let kept = 1;
    for (let i = 1; i < this.length; i++) {
      if (!isBeyond(this.at(kept - 1, 0), this.at(i, 0), this.#apart)) continue;
      this.#values.copyWithin(kept * WIDTH, i * WIDTH, (i + 1) * WIDTH);
      kept++;
    }
    this.length = kept;
  }
}
