/** What counts as better: this share of the lowest cost. */
const RELATIVE = 1e-4;
const EPOCHS = 200;
const PICTURES = 120;

/** Notices that nothing improves any more: the lowest training cost stays for long.
 *
 * Long is many epochs, and at least half of those that it took to get there, and many
 * pictures, so that a fast run is not judged by a blink.
 */
export class Plateau {
  #lowest = Infinity;
  #epoch = 0;
  #pictures = 0;
  /** Whether it is to be said: a person who goes on all the same has heard it. */
  #heard = false;

  /** Begin anew: something was changed. */
  restart(): void {
    this.#lowest = Infinity;
    this.#epoch = this.#pictures = 0;
    this.#heard = false;
  }

  /** Look at a picture of a run that plays; returns whether to stop. */
  isReached(epoch: number, cost: number): boolean {
    if (this.#heard || Number.isNaN(cost)) return false;
    if (cost < this.#lowest * (1 - RELATIVE) || epoch < this.#epoch) {
      this.#lowest = Math.min(cost, epoch < this.#epoch ? cost : this.#lowest);
      this.#epoch = epoch;
      this.#pictures = 0;
      return false;
    }
    this.#pictures++;
    const waited = epoch - this.#epoch;
    this.#heard = this.#pictures >= PICTURES && waited >= Math.max(EPOCHS, this.#epoch / 2);
    return this.#heard;
  }

  /** For how many epochs the cost has been lowest. */
  waited(epoch: number): number {
    return Math.floor(epoch - this.#epoch);
  }
}
