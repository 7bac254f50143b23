/** How much better a network may get between two pictures. */
const STEP = 0.03;
/** A picture is late after so long; training then goes as far again. */
const LATE_MS = 100;
const MAX_CHUNK = 10_000_000;
const GROWTH = 1.25;

/** Sees to it that learning can be watched.
 *
 * While the network gets better, training waits for the picture of each few per cent; a run
 * also starts slowly enough to be seen and is at full speed within a second or two. Where
 * pictures are late it goes on as far as it would have gone between two of them.
 */
export class Watch {
  #iteration = 0;
  #drawnAt = 0;
  #best = 0;
  #level = 0;
  #chunk = 1;

  /** Begin anew, with a network as good as this. */
  restart(iteration: number, quality: number, now: number): void {
    this.#iteration = iteration;
    this.#drawnAt = now;
    this.#best = this.#level = quality;
    this.#chunk = 1;
  }

  /** A picture of this moment was made. */
  shown(iteration: number, now: number): void {
    this.#iteration = iteration;
    this.#drawnAt = now;
    this.#level = this.#best;
  }

  /** How many iterations may be done before quality is looked at again; 0: a picture is due. */
  room(iteration: number, perEpoch: number, now: number): number {
    const late = Math.floor((now - this.#drawnAt) / LATE_MS);
    if (this.#best - this.#level >= STEP * (1 + late)) return 0;
    const ahead = Math.max(perEpoch, Math.floor(this.#iteration / 4)) * (1 + late);
    return Math.max(0, Math.min(this.#iteration + ahead - iteration, this.#chunk));
  }

  /** Learn how good the network is after so many iterations more; returns whether that was too far.
   *
   * The run then goes back, and does fewer.
   */
  learned(quality: number, iterations: number): boolean {
    const rise = quality - this.#best;
    if (rise > 1.5 * STEP && iterations > 1) {
      this.#chunk = Math.floor(iterations / 2);
      return true;
    }
    this.#best = Math.max(this.#best, quality);
    const grows = rise < STEP / 3 && iterations >= this.#chunk;
    if (grows) this.#chunk = Math.min(Math.ceil(GROWTH * this.#chunk), MAX_CHUNK);
    return false;
  }
}
