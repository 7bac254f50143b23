const MEASURED_MS = 500;

/** Iterations a second, over the last half second or so. */
export class Speedometer {
  #at = 0;
  #iteration = 0;
  #speed = 0;

  restart(iteration: number, now: number): void {
    this.#at = now;
    this.#iteration = iteration;
  }

  read(iteration: number, now: number): number {
    if (now - this.#at > MEASURED_MS) {
      this.#speed = Math.max(0, (1000 * (iteration - this.#iteration)) / (now - this.#at));
      this.restart(iteration, now);
    }
    return this.#speed;
  }
}
