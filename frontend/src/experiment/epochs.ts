import { LOGGED_EPOCHS } from "../protocol/limits.ts";
import type { EpochRow } from "../engine/training.ts";

const COLUMNS = 4;

/** What training recorded of every epoch of a run, or of every 2nd, 4th … of many.
 *
 * A run is gone back and forth in, so rows are kept by their epoch and those of epochs that
 * are trained again are overwritten.
 */
export class EpochLog {
  /** Of so many epochs one is kept. */
  stride = 1;
  #rows = new Float64Array(16 * COLUMNS).fill(NaN);

  /** Take down the rows of consecutive epochs, the first of which is given. */
  note(first: number, rows: readonly EpochRow[]): void {
    if (rows.length === 0) return;
    while (Math.floor((first + rows.length - 1) / this.stride) >= LOGGED_EPOCHS) this.#thin();
    rows.forEach((row, i) => {
      if ((first + i) % this.stride === 0) this.#put((first + i) / this.stride, row);
    });
  }

  /** Of so many epochs those that are kept: their numbers, from 1, and their rows. */
  until(epochs: number): { epoch: number; row: EpochRow }[] {
    const count = Math.min(Math.ceil(epochs / this.stride), this.#rows.length / COLUMNS);
    return Array.from({ length: count }, (_, i) => ({
      epoch: 1 + this.stride * i,
      row: Array.from(this.#rows.subarray(i * COLUMNS, (i + 1) * COLUMNS)) as EpochRow,
    }));
  }

  #put(place: number, row: EpochRow): void {
    if ((place + 1) * COLUMNS > this.#rows.length) {
      const grown = new Float64Array(Math.max((place + 1) * COLUMNS, 2 * this.#rows.length)).fill(NaN);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows.set(row, place * COLUMNS);
  }

  #thin(): void {
    const half = Math.ceil(this.#rows.length / COLUMNS / 2);
    const kept = new Float64Array(half * COLUMNS);
    for (let i = 0; i < half; i++) kept.set(this.#rows.subarray(2 * i * COLUMNS, (2 * i + 1) * COLUMNS), i * COLUMNS);
    this.#rows = kept;
    this.stride *= 2;
  }
}
