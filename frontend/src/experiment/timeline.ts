import type { Training, TrainingState } from "../engine/training.ts";
import type { Choice, Intervention, RunEvent } from "../protocol/state.ts";
import type { Rows } from "./data.ts";
import { EpochLog } from "./epochs.ts";
import { at, keptBy, trainOnRow } from "./events.ts";
import { goOn, sharesState } from "./going_on.ts";
import { afterChange } from "./interventions.ts";
import type { Make } from "./making.ts";
import { floatsOf } from "./packing.ts";
import { same } from "./same.ts";

const MAX_SNAPSHOTS = 512;
const SNAPSHOT_BYTES = 16_000_000;
const EARLY_EPOCHS = new Set(Array.from({ length: 16 }, (_, i) => Math.round(2 ** (i / 2))));
const KEPT_TRAININGS = 3;

/** A stretch of the run with one choice: its training begins where the run stood. */
interface Leg {
  choice: Choice;
  /** Iterations and epochs of the run before its training counts its own. */
  iterations: number;
  epochs: number;
}

interface Snapshot {
  leg: Leg;
  state: TrainingState;
}

interface Moment extends Snapshot {
  iteration: number;
  furthest: number;
}

/** A training that can be gone back and forth in, exactly.
 *
 * Snapshots are kept on the way, fewer as the run gets longer. Any iteration is reached by
 * restoring the nearest snapshot before it and training on from there, with the changes
 * made by hand applied where they were made: the parameters are the same to the last bit.
 */
export class Timeline {
  /** What the run began with. */
  readonly start: Choice;
  events: RunEvent[];
  furthest = 0;
  readonly log = new EpochLog();
  readonly #make: Make;
  readonly #rows: Rows;
  #trainings = new Map<Leg, Training>();
  #leg: Leg;
  #snapshots = new Map<number, Snapshot>();
  #stride: number;
  #capacity: number;

  constructor(make: Make, rows: Rows, choice: Choice, events: readonly RunEvent[] = []) {
    this.#make = make;
    this.#rows = rows;
    this.events = [...events].sort((a, b) => a.iteration - b.iteration);
    this.start = choice;
    this.#leg = { choice, iterations: 0, epochs: 0 };
    this.#enter(this.#leg);
    this.#stride = Math.max(1, this.training.iterationsPerEpoch);
    const size = 16 * this.training.network.nParameters + 500;
    this.#capacity = Math.max(16, Math.min(MAX_SNAPSHOTS, Math.floor(SNAPSHOT_BYTES / size)));
    this.#applyEvents();
    this.#snapshots.set(0, this.#snapshot());
  }

  get training(): Training {
    return this.#trainings.get(this.#leg)!;
  }

  /** What holds now, with the learning rate that does. */
  get choice(): Choice {
    return afterChange(this.#leg.choice, { kind: "learning_rate", value: this.training.learningRate });
  }

  /** The iteration that the run stands at. */
  get iteration(): number {
    return this.#leg.iterations + this.training.iteration;
  }

  /** The epochs done, with the part of the one under way. */
  get epoch(): number {
    return this.#leg.epochs + this.training.iteration / this.training.iterationsPerEpoch;
  }

  /** Updates to the end of the epoch under way, or of the next one. */
  get leftOfEpoch(): number {
    const { iteration, iterationsPerEpoch } = this.training;
    return iterationsPerEpoch - (iteration % iterationsPerEpoch);
  }

  /** Train so many iterations, as the run went before as far as it is known. */
  advance(iterations: number): void {
    const goal = this.iteration + iterations;
    while (this.iteration < goal) {
      this.#train(this.#nextStop(goal) - this.iteration);
      this.#applyEvents();
      this.#keepSnapshot();
      this.furthest = Math.max(this.furthest, this.iteration);
    }
  }

  /** Go to the nearest snapshot at or before an iteration, unless the run is nearer. */
  seek(iteration: number): void {
    const nearest = this.#nearest(iteration);
    if (iteration >= this.iteration && nearest <= this.iteration) return;
    this.#restore(this.#snapshots.get(nearest)!);
  }

  /** Where the run stands, to return to after a step too far. */
  moment(): Moment {
    return { ...this.#snapshot(), iteration: this.iteration, furthest: this.furthest };
  }

  returnTo(moment: Moment): void {
    this.#restore(moment);
    this.furthest = moment.furthest;
  }

  /** Change something here; what came after is dropped. */
  change(change: Intervention): void {
    const event = at(this.iteration, change);
    const before = this.#snapshot();
    try {
      this.#apply(event);
    } catch (error) {
      this.#restore(before);
      throw error;
    }
    this.events = [...keptBy(this.events, event), event];
    this.furthest = event.iteration;
    for (const iteration of this.#snapshots.keys()) {
      if (iteration >= event.iteration) this.#snapshots.delete(iteration);
    }
    this.#snapshots.set(event.iteration, this.#snapshot());
  }

  /** Take other events in place of these, as when a change is undone; what is the same stays.
   *
   * Returns false where nothing is the same: not even the start.
   */
  rewrite(events: readonly RunEvent[]): boolean {
    const firstOther = [...events, null].findIndex((event, i) => !same(event, this.events[i] ?? null));
    const cut = Math.min(...[events[firstOther], this.events[firstOther]].map((event) => event?.iteration ?? Infinity));
    if (cut === 0) return false;
    this.events = [...events];
    if (cut === Infinity) return true;
    for (const iteration of this.#snapshots.keys()) if (iteration >= cut) this.#snapshots.delete(iteration);
    this.furthest = Math.min(this.furthest, cut);
    if (this.iteration >= cut) this.#restore(this.#snapshots.get(this.#nearest(cut))!);
    return true;
  }

  /** Count in how far training came before it broke off. */
  noteEnd(): void {
    this.furthest = Math.max(this.furthest, this.iteration);
  }

  /** Up to `count` kept parameters from the start to here, of networks of these sizes.
   *
   * They are closer at the start, where a network learns most.
   */
  visited(count: number): ArrayLike<number>[] {
    const kept = [...this.#snapshots.keys()].filter((k) => k <= this.iteration).sort((a, b) => a - b);
    const goals = Array.from({ length: count - 1 }, (_, i) => this.iteration ** ((i + 1) / (count - 1)));
    const places = new Set([0, ...goals.map((goal) => kept.findIndex((k) => k >= goal))]);
    return [...places]
      .filter((place) => place >= 0)
      .sort((a, b) => a - b)
      .map((place) => this.#snapshots.get(kept[place])!)
      .filter(({ leg }) => sizesOf(leg) === sizesOf(this.#leg))
      .map(({ state }) => state.parameters);
  }

  #train(iterations: number): void {
    const first = Math.ceil(this.#leg.epochs) + this.training.epoch;
    try {
      this.training.advance(iterations);
    } finally {
      this.log.note(first, this.training.takeHistory());
    }
  }

  #nextStop(goal: number): number {
    const here = this.iteration;
    const due = here + this.#stride - (here % this.#stride);
    const next = this.events.find((event) => event.iteration > here)?.iteration ?? Infinity;
    return Math.min(goal, due, next);
  }

  #applyEvents(): void {
    const here = this.iteration;
    for (const event of this.events) if (event.iteration === here) this.#apply(event);
  }

  #apply(event: RunEvent): void {
    const { training } = this;
    switch (event.kind) {
      case "learning_rate":
        training.learningRate = event.value;
        return;
      case "parameter":
        training.network.parameters[event.index] = event.value;
        return;
      case "parameters":
        training.network.parameters.set(floatsOf(event.values));
        return;
      case "training":
      case "network":
        return this.#begin(afterChange(this.choice, event));
      case "row":
        trainOnRow(training, this.#rows, event.row);
    }
  }

  /** Go on with another choice. */
  #begin(choice: Choice): void {
    const { iteration, epoch, training } = this;
    const made = this.#make(choice);
    const goesOn = sharesState(training, made);
    goOn(training, made);
    const { iterations, epochs } = this.#leg;
    this.#leg = goesOn ? { choice, iterations, epochs } : { choice, iterations: iteration, epochs: epoch };
    this.#remember(this.#leg, made);
  }

  #snapshot(): Snapshot {
    return { leg: this.#leg, state: this.training.state() };
  }

  #restore({ leg, state }: Snapshot): void {
    this.#enter(leg);
    this.training.restore(state);
  }

  #enter(leg: Leg): void {
    this.#leg = leg;
    this.#remember(leg, this.#trainings.get(leg) ?? this.#make(leg.choice));
  }

  /** Keep a few trainings; others are made again where the run goes back to them. */
  #remember(leg: Leg, training: Training): void {
    this.#trainings.delete(leg);
    this.#trainings.set(leg, training);
    const [oldest] = this.#trainings.keys();
    if (this.#trainings.size > KEPT_TRAININGS) this.#trainings.delete(oldest);
  }

  #nearest(iteration: number): number {
    let nearest = 0;
    for (const kept of this.#snapshots.keys()) if (kept <= iteration && kept > nearest) nearest = kept;
    return nearest;
  }

  /** Whether it is the 1st, 2nd, 3rd, 4th, 6th … epoch, and there is room. */
  #isEarly(iteration: number): boolean {
    const hasRoom = this.#capacity >= 8 * EARLY_EPOCHS.size;
    return hasRoom && EARLY_EPOCHS.has(iteration / this.training.iterationsPerEpoch);
  }

  #keepSnapshot(): void {
    const here = this.iteration;
    if (here % this.#stride !== 0 || this.#snapshots.has(here)) return;
    this.#snapshots.set(here, this.#snapshot());
    if (this.#snapshots.size <= this.#capacity) return;
    this.#stride *= 2;
    const kept = new Set([0, ...this.events.map((event) => event.iteration)]);
    for (const iteration of this.#snapshots.keys()) {
      const stays = iteration % this.#stride === 0 || kept.has(iteration) || this.#isEarly(iteration);
      if (!stays) this.#snapshots.delete(iteration);
    }
  }
}

function sizesOf({ choice }: Leg): string {
  return String(choice.network.layers.map((layer) => layer.neurons));
}
