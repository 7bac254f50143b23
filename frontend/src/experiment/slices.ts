import type { Said } from "../protocol/answers.ts";
import type { Experiment } from "./experiment.ts";
import { Pace } from "./pace.ts";
import { Speedometer } from "./speedometer.ts";
import { advance } from "./stopping.ts";
import { Watch } from "./watch.ts";

/** Milliseconds, from any beginning. */
export type Now = () => number;

/** What a slice of playing came to: why training stops after it, if it does. */
interface Slice {
  stopped: Said | null;
}

const WAITS_FOR_PICTURE = 4;

/** Trains in short slices: towards an iteration, or at a pace and so that it can be watched. */
export class Slices {
  readonly #experiment: Experiment;
  readonly #now: Now;
  readonly #pace = new Pace();
  readonly #watch = new Watch();
  readonly #speedometer = new Speedometer();
  /** Epochs a second; 0 is as fast as it goes. */
  #speed = 0;

  constructor(experiment: Experiment, now: Now) {
    this.#experiment = experiment;
    this.#now = now;
  }

  /** Begin anew: something was changed. */
  restart(): void {
    this.#restartPace();
    this.restartWatch();
  }

  /** Go on at another speed. */
  setSpeed(speed: number): void {
    this.#speed = speed;
    this.#restartPace();
  }

  restartWatch(): void {
    const { timeline } = this.#experiment;
    this.#watch.restart(timeline.iteration, this.#experiment.quality(), this.#now());
  }

  #restartPace(): void {
    const { iteration, training } = this.#experiment.timeline;
    this.#pace.restart(this.#speed * training.iterationsPerEpoch, this.#now() / 1000);
    this.#speedometer.restart(iteration, this.#now());
  }

  /** The milliseconds until a slice of playing is due. */
  get wait(): number {
    return this.#room() > 0 ? 1000 * this.#pace.wait : WAITS_FOR_PICTURE;
  }

  /** Iterations a second, as the run goes now. */
  measureSpeed(): number {
    return this.#speedometer.read(this.#experiment.timeline.iteration, this.#now());
  }

  /** A picture of this moment was made. */
  shown(): void {
    this.#watch.shown(this.#experiment.timeline.iteration, this.#now());
  }

  /** Train towards an iteration; returns whether the run is there. */
  goTowards(goal: number): boolean {
    const { timeline } = this.#experiment;
    this.#timed(() => timeline.advance(Math.min(goal - timeline.iteration, this.#pace.most)));
    return timeline.iteration >= goal;
  }

  /** Train as much as is due; null where nothing is. */
  play(): Slice | null {
    const room = this.#room();
    const iterations = Math.min(this.#pace.due(this.#now() / 1000), room);
    if (iterations <= 0) return null;
    const { timeline } = this.#experiment;
    const begun = timeline.moment();
    let stopped: Said | null = null;
    this.#timed(() => (stopped = advance(this.#experiment, iterations)));
    const isTooFar = this.#watch.learned(this.#experiment.quality(), timeline.iteration - begun.iteration);
    if (isTooFar && !stopped) timeline.returnTo(begun);
    return { stopped };
  }

  /** How many iterations there may be before the next picture. */
  #room(): number {
    const { iteration, training } = this.#experiment.timeline;
    return this.#watch.room(iteration, training.iterationsPerEpoch, this.#now());
  }

  #timed(train: () => void): void {
    const { timeline } = this.#experiment;
    const [began, before] = [this.#now(), timeline.iteration];
    train();
    this.#pace.done(timeline.iteration - before, (this.#now() - began) / 1000);
  }
}
