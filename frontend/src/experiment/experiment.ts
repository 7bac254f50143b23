import type { Kernels } from "../engine/kernels.ts";
import type { Network } from "../engine/network.ts";
import type { Anew } from "../protocol/answers.ts";
import { MAX_EVENTS } from "../protocol/limits.ts";
import type { Intervention, PlaygroundState, StopChoice, ViewState } from "../protocol/state.ts";
import { NO_RUN, startOf, whatDiffers } from "./beginning.ts";
import { Curve } from "./curve.ts";
import { Data, planeKey, type Sources } from "./data.ts";
import { evaluate, quality, scores, type Scores } from "./evaluate.ts";
import { afterChange, changesChoice, checkChange, checkedEvents } from "./interventions.ts";
import { maker } from "./making.ts";
import { evaluatedRows } from "./pictures.ts";
import type { Plane } from "./projection.ts";
import { refusal } from "./refusal.ts";
import { same } from "./same.ts";
import type { OwnTable } from "./table.ts";
import { Timeline } from "./timeline.ts";

const QUALITY_ROWS = 256;

/** The work behind one page: state in, network and training made, pictures out. */
export class Experiment {
  state: PlaygroundState;
  table: OwnTable | null = null;
  generation = 0;
  curve = new Curve();
  readonly kernels: Kernels;
  readonly #sources: Sources;
  #data: Data | null = null;
  #timeline: Timeline | null = null;

  constructor(kernels: Kernels, sources: Sources, state: PlaygroundState) {
    this.kernels = kernels;
    this.#sources = sources;
    this.state = state;
  }

  get data(): Data {
    this.prepare();
    return this.#data!;
  }

  /** The plane that the examples are looked at on, where they could be made. */
  get plane(): Plane | null {
    return this.#data?.plane ?? null;
  }

  get timeline(): Timeline {
    this.prepare();
    return this.#timeline!;
  }

  /** Where the run stands, where there is one. */
  get iteration(): number {
    return this.#timeline?.iteration ?? 0;
  }

  get network(): Network {
    return this.timeline.training.network;
  }

  /** The cost that holds now. */
  get cost(): string {
    return this.timeline.training.settings.cost;
  }

  // Making.

  /** Make what the state asks for and is not made yet. */
  prepare(): void {
    const { data, view } = this.state;
    this.#data ??= new Data(data, view, this.#sources, this.table);
    if (this.#timeline) return;
    this.#timeline = this.#newTimeline(this.#data);
    this.generation++;
    this.#startCurve();
  }

  /** Begin with a state. */
  begin(state: PlaygroundState): void {
    this.state = state;
    this.#data = this.#timeline = null;
  }

  /** Take over a whole state; returns what made the run start anew, if anything did. */
  setState(state: PlaygroundState): Anew {
    const old = this.presentState();
    this.state = state;
    const anew = whatDiffers(old, state);
    if (anew || !this.#rewrite(state)) this.#timeline = null;
    if (!same(state.data, old.data)) this.#data = null;
    else if (planeKey(state.view) !== planeKey(old.view)) this.#data?.look(state.view);
    const events = anew === "" && this.#timeline === null ? "events" : anew;
    this.prepare();
    return events;
  }

  /** Take over a run's events, where the run can go on from what it has in common with them. */
  #rewrite({ run }: PlaygroundState): boolean {
    if (!this.#timeline || !this.#data) return false;
    const ordered = checkedEvents(run.events, this.#timeline.start, this.#data);
    if (!this.#timeline.rewrite(ordered)) return false;
    this.curve.cut(this.#timeline.furthest + 1);
    return true;
  }

  /** Look at the same run in another way. */
  look(view: ViewState): void {
    const before = this.state.view;
    this.state = { ...this.state, view };
    if (planeKey(view) !== planeKey(before)) this.#data?.look(view);
  }

  stopWhen(stop: StopChoice): void {
    this.state = { ...this.state, stop };
  }

  /** Take the person's own table as what is learned from.
   *
   * Where it is the one that the state was made with, the state stays as it is.
   */
  useTable(table: OwnTable): void {
    this.table = table;
    const state = this.presentState();
    this.#data = this.#timeline = null;
    if (state.data.source === "file" && state.data.file.sha256 === table.sha256) return;
    this.state = {
      ...state,
      data: { ...state.data, source: "file", file: table.firstChoice(), derived: [] },
      // No two of many columns show the classes apart as their components do.
      view: { ...state.view, axis_x: 0, axis_y: 1, components: true, slice: [] },
      run: NO_RUN,
    };
  }

  #newTimeline(data: Data): Timeline {
    const { run } = this.state;
    const make = maker(this.kernels, data);
    const start = startOf(this.state);
    try {
      const checked = checkedEvents(run.events, start, data);
      return new Timeline(make, data.train, start, checked);
    } catch (error) {
      this.state = { ...this.state, run: NO_RUN };
      throw error;
    }
  }

  // Going about in the run.

  /** The iteration that the state asks for, where the run is not there yet. */
  pendingGoal(): number | null {
    const wanted = this.state.run.iteration;
    if (wanted === this.timeline.iteration) return null;
    return this.#towards(wanted);
  }

  /** Go to, or towards, an iteration that the run has been at; returns what is still to be gone. */
  seek(iteration: number): number | null {
    return this.#towards(Math.min(iteration, this.timeline.furthest));
  }

  #towards(iteration: number): number | null {
    this.timeline.seek(iteration);
    return iteration > this.timeline.iteration ? iteration : null;
  }

  /** Go back to a start with the settings that hold now, and forget what was changed by hand. */
  reset(): void {
    const choice = this.timeline.choice;
    this.state = { ...this.presentState(), ...choice, run: NO_RUN };
    this.#timeline = new Timeline(maker(this.kernels, this.data), this.data.train, choice);
    this.#startCurve();
  }

  /** Change something where the run is; returns what started anew, where it had not moved yet. */
  change(change: Intervention): Anew {
    const { timeline } = this;
    checkChange(change, timeline.choice.network, this.data);
    if (timeline.events.length >= MAX_EVENTS) throw refusal("manyChanges", MAX_EVENTS);
    if (changesChoice(change)) {
      const choice = afterChange(timeline.choice, change);
      if (same(choice, timeline.choice)) return "";
      const isAtStart = timeline.furthest === 0 && timeline.events.length === 0;
      if (isAtStart) return this.setState({ ...this.presentState(), ...choice });
    }
    timeline.change(change);
    this.curve.cut(timeline.iteration);
    return "";
  }

  // What holds now.

  /** The state with the run, and what holds in it, as they are now. */
  presentState(): PlaygroundState {
    if (!this.#timeline) return this.state;
    const { iteration, events, choice, start } = this.#timeline;
    const run = { iteration, events, start: same(choice, start) ? null : start };
    this.state = { ...this.state, ...choice, run };
    return this.state;
  }

  /** How good the network is on some of the training rows: what a learner sees get better. */
  quality(): number {
    return quality(this.network, this.data.sample("train", QUALITY_ROWS), this.data.classifies);
  }

  /** Scores on the training examples, as a frame shows them that stands still. */
  trainScores(): Scores {
    const rows = evaluatedRows(this.network, false);
    return scores(this.network, this.data.sample("train", rows), this.cost, this.data.classifies);
  }

  #startCurve(): void {
    this.curve = new Curve();
    const rows = evaluatedRows(this.network, false);
    this.curve.add(this.timeline.iteration, evaluate(this.network, this.data, this.cost, rows));
  }
}
