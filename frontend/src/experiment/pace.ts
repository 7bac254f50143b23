const SLICE_SECONDS = 0.004;
const MAX_RATE = 50_000_000;
const LONGEST_WAIT = 0.05;

/** How many iterations the next slice should have. */
export class Pace {
  #speed = 0;
  #rate = 2_000;
  #credit = 0;
  #last = 0;

  /** Count anew, at a speed in iterations a second; 0 is as fast as it goes. */
  restart(speed: number, seconds: number): void {
    this.#speed = speed;
    this.#credit = 1;
    this.#last = seconds;
  }

  /** How many iterations fit into a slice. */
  get most(): number {
    return Math.max(1, Math.floor(this.#rate * SLICE_SECONDS));
  }

  /** How many iterations are due now. */
  due(seconds: number): number {
    if (this.#speed <= 0) return this.most;
    const earned = Math.max(0, seconds - this.#last) * this.#speed;
    this.#credit = Math.min(this.#credit + earned, Math.max(this.most, 1));
    this.#last = seconds;
    return Math.floor(this.#credit);
  }

  /** The seconds until the next iteration is due. */
  get wait(): number {
    if (this.#speed <= 0 || this.#credit >= 1) return 0;
    return Math.min((1 - this.#credit) / this.#speed, LONGEST_WAIT);
  }

  /** Learn how fast a slice went. */
  done(iterations: number, seconds: number): void {
    this.#credit -= iterations;
    const rate = iterations / Math.max(seconds, 1e-6);
    this.#rate = Math.min(0.7 * this.#rate + 0.3 * rate, MAX_RATE);
  }
}
