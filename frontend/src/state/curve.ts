const WIDTH = 5;
const CAPACITY = 2048;

/** The cost curve: iteration, training and test cost, training and test accuracy.
 *
 * When it is full every second point goes, so that drawing it takes constant time
 * however long training runs.
 */
export class Curve {
  length = 0;
  #values = new Float64Array(WIDTH * CAPACITY);

  at(point: number, column: number): number {
    return this.#values[point * WIDTH + column];
  }

  get last(): number {
    return this.length ? this.at(this.length - 1, 0) : -1;
  }

  clear(): void {
    this.length = 0;
  }

  push(values: ArrayLike<number>): void {
    if (values[0] <= this.last) return;
    if (this.length === CAPACITY) this.#thin();
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

  copy(): Curve {
    const copy = new Curve();
    copy.length = this.length;
    copy.#values.set(this.#values);
    return copy;
  }

  toArray(): number[] {
    return Array.from(this.#values.subarray(0, this.length * WIDTH));
  }

  #thin(): void {
    const kept = CAPACITY / 2;
    for (let i = 1; i < kept; i++) {
      this.#values.copyWithin(i * WIDTH, 2 * i * WIDTH, 2 * i * WIDTH + WIDTH);
    }
    this.length = kept;
  }
}
