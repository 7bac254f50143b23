import type { Kernels } from "../engine/kernels.ts";
import type { Network } from "../engine/network.ts";
import type { Anew, DataInfo, RunInfo, ServerMessage, Welcome } from "../protocol/answers.ts";
import { MAX_EVENTS, MAX_PARAMETER } from "../protocol/limits.ts";
import type { Example, SetName, Surface } from "../protocol/requests.ts";
import type { Choice, FileChoice, Intervention, PlaygroundState, StopChoice, ViewState } from "../protocol/state.ts";
import { batchInfo } from "./batch.ts";
import { Curve } from "./curve.ts";
import { Data, planeKey, type Sources } from "./data.ts";
import { descentCurve } from "./descent.ts";
import { evaluate, quality, scores, type BothScores, type Scores } from "./evaluate.ts";
import { pack } from "./frames.ts";
import { changed } from "./going_on.ts";
import { maker, makeNetwork } from "./making.ts";
import { floatsOf } from "./packing.ts";
import { boundarySide, evaluatedRows, frameArrays, mapSide } from "./pictures.ts";
import type { Plane } from "./projection.ts";
import { refusal } from "./refusal.ts";
import { exampleInfo, rowsInfo } from "./rows.ts";
import { same } from "./same.ts";
import { SURFACE_ROWS, SurfaceWork } from "./surface.ts";
import type { OwnTable } from "./table.ts";
import { Timeline } from "./timeline.ts";

const QUALITY_ROWS = 256;

/** How a frame is made. */
interface Moment {
  isPlaying: boolean;
  /** Iterations a second. */
  speed: number;
  gradients: boolean;
}

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
  #shape = { number: 0, key: "" };

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
    this.startCurve();
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
      run: { iteration: 0, events: [], start: null },
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
      this.state = { ...this.state, run: { iteration: 0, events: [], start: null } };
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
    const run = { iteration: 0, events: [], start: null };
    this.state = { ...this.presentState(), ...choice, run };
    this.#timeline = new Timeline(maker(this.kernels, this.data), this.data.train, choice);
    this.startCurve();
  }

  /** Change something where the run is; returns what started anew, where it had not moved yet. */
  change(change: Intervention): Anew {
    const { timeline } = this;
    this.#check(change);
    const choice = afterChange(timeline.choice, change);
    if (isChoice(change) && same(choice, timeline.choice)) return "";
    if (isChoice(change) && timeline.furthest === 0 && timeline.events.length === 0) {
      return this.setState({ ...this.presentState(), ...choice });
    }
    timeline.change(change);
    this.curve.cut(timeline.iteration);
    return "";
  }

  #check(change: Intervention): void {
    if (change.kind === "parameter") checkParameter(change.index, this.network.nParameters);
    if (change.kind === "parameters") checkParameters(change.values, this.network.nParameters);
    if (change.kind === "row") checkRow(change.row, this.data);
    if (this.timeline.events.length >= MAX_EVENTS) {
      throw refusal("manyChanges", MAX_EVENTS);
    }
  }

  // What the page is told.

  welcome(): Welcome {
    const none: FileChoice = { name: "", sha256: "", target: "", columns: [], task: "auto" };
    const { table } = this;
    const file = table?.firstChoice() ?? none;
    return { type: "welcome", state: this.presentState(), file, file_columns: table?.columns ?? [] };
  }

  /** The state with the run, and what holds in it, as they are now. */
  presentState(): PlaygroundState {
    if (!this.#timeline) return this.state;
    const { iteration, events, choice, start } = this.#timeline;
    const run = { iteration, events, start: same(choice, start) ? null : start };
    this.state = { ...this.state, ...choice, run };
    return this.state;
  }

  runInfo(told: Pick<RunInfo, "playing" | "branched" | "stopped" | "anew">): RunInfo {
    const { run, network, training } = this.presentState();
    return { type: "run", run, network, training, furthest: this.timeline.furthest, ...told };
  }

  /** Whether the page has not been told of this network and how it is trained. */
  get hasNewShape(): boolean {
    return this.#shapeKey() !== this.#shape.key;
  }

  #shapeKey(): string {
    const { settings, iterationsPerEpoch, network } = this.timeline.training;
    const { sizes, activations } = network.spec;
    return JSON.stringify([this.generation, sizes, activations, settings.cost, iterationsPerEpoch]);
  }

  dataInfo(): DataInfo {
    const { data, network } = this;
    if (this.hasNewShape) this.#shape = { number: this.#shape.number + 1, key: this.#shapeKey() };
    const { spec, layers } = network;
    const { plane } = data;
    return {
      type: "data",
      task: data.task,
      inputs: data.inputs,
      features: data.examples.features,
      classes: data.examples.classes,
      target: data.examples.target,
      n_train: data.train.X.rows,
      n_test: data.test.X.rows,
      n_shown: data.shown.rows,
      x_label: plane.labels[0],
      y_label: plane.labels[1],
      x_range: plane.xRange,
      y_range: plane.yRange,
      layer_sizes: spec.sizes,
      activations: layers.map((layer) => layer.activation),
      cost: this.cost,
      iterations_per_epoch: this.timeline.training.iterationsPerEpoch,
      notes: data.examples.notes,
      held: plane.held,
      shape: this.#shape.number,
    };
  }

  pointsFrame(): ArrayBuffer {
    return pack("data", { generation: this.generation }, this.data.shownArrays());
  }

  curveFrame(): ArrayBuffer {
    return pack("curve", { generation: this.generation }, { curve: this.curve.array() });
  }

  /** A frame of the present moment. */
  frame({ isPlaying, speed, gradients }: Moment): { buffer: ArrayBuffer; scores: BothScores } {
    const { network, data, timeline } = this;
    const rows = evaluatedRows(network, isPlaying);
    const side = boundarySide(network, isPlaying);
    const found = evaluate(network, data, this.cost, rows);
    const arrays = frameArrays(network, data, side);
    if (gradients) arrays.gradients = this.#gradients(rows);
    if (data.classifies) arrays.train_confusion = found.train.confusion;
    if (data.classifies && data.test.X.rows) arrays.test_confusion = found.test.confusion;
    this.curve.add(timeline.iteration, found);
    const header = {
      iteration: timeline.iteration,
      epoch: timeline.epoch,
      furthest: timeline.furthest,
      learning_rate: timeline.training.learningRate,
      iterations_per_second: speed,
      playing: Number(isPlaying),
      map_side: mapSide(network),
      boundary_side: side,
      generation: this.generation,
      shape: this.#shape.number,
      ...namedScores(found),
    };
    return { buffer: pack("frame", header, arrays), scores: found };
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

  startCurve(): void {
    this.curve = new Curve();
    const rows = evaluatedRows(this.network, false);
    this.curve.add(this.timeline.iteration, evaluate(this.network, this.data, this.cost, rows));
  }

  #gradients(most: number): Float32Array {
    const { X, Y } = this.data.sample("train", most);
    return Float32Array.from(this.network.backPropagate(X.values, Y.values, X.rows, this.cost).flat);
  }

  // Looking closer.

  /** The activations of every layer at a place of the map. */
  probe(x: number, y: number): ServerMessage {
    const { values } = this.data.place(x, y);
    const activations = this.network.layerOutputs(values, 1).map(({ A }) => Array.from(A));
    return { type: "probe", x, y, inputs: Array.from(values), activations };
  }

  descent(index: number): ServerMessage {
    checkParameter(index, this.network.nParameters);
    const rows = this.data.sample("train", SURFACE_ROWS);
    const { learningRate } = this.timeline.training;
    const found = descentCurve(this.network, rows, this.cost, index, learningRate);
    return { type: "descent", iteration: this.timeline.iteration, ...found };
  }

  rows(wanted: Parameters<typeof rowsInfo>[3]): ServerMessage {
    const { features } = this.data.examples;
    if (typeof wanted.sort === "number" && wanted.sort >= features.length) {
      throw refusal("fewFeatures", features.length);
    }
    return {
      type: "rows",
      iteration: this.timeline.iteration,
      ...rowsInfo(this.network, this.data, this.cost, wanted),
    };
  }

  example({ set, row }: { set: SetName; row: number } | Example): ServerMessage {
    const found = exampleInfo({ network: this.network, data: this.data, cost: this.cost, set }, row);
    return { type: "example", iteration: this.timeline.iteration, ...found };
  }

  batch(row?: number): ServerMessage {
    const { iteration, training } = this.timeline;
    return { type: "batch", iteration, ...batchInfo(training, this.data, row) };
  }

  /** Begin to work the cost's surface out. */
  surface(wanted: Surface): SurfaceWork {
    const last = Math.max(wanted.first ?? 0, wanted.second ?? 1);
    if (wanted.kind === "parameters") checkParameter(last, this.network.nParameters);
    const scratch = makeNetwork(this.kernels.fresh(), this.data, this.timeline.choice);
    return new SurfaceWork(this.timeline, scratch, this.data.sample("train", SURFACE_ROWS), this.cost, wanted);
  }
}

function namedScores({ train, test }: BothScores) {
  return {
    train_cost: train.cost,
    test_cost: test.cost,
    train_accuracy: train.accuracy,
    test_accuracy: test.accuracy,
    train_r2: train.r2,
    test_r2: test.r2,
    train_rmse: train.rmse,
    test_rmse: test.rmse,
  };
}

function isChoice(change: Intervention): change is Extract<Intervention, { kind: "training" | "network" }> {
  return change.kind === "training" || change.kind === "network";
}

function afterChange(choice: Choice, change: Intervention): Choice {
  if (change.kind === "training") return changed(choice, change.training);
  return change.kind === "network" ? changed(choice, change.layers) : choice;
}

/** What of two states makes the run start anew; empty where nothing does. */
function whatDiffers(old: PlaygroundState, made: PlaygroundState): Anew {
  if (!same(old.data, made.data)) return "data";
  const [before, after] = [startOf(old), startOf(made)];
  if (before.network.seed !== after.network.seed || before.training.seed !== after.training.seed) return "seed";
  if (before.network.initializer !== after.network.initializer) return "initializer";
  if (!same(before.network, after.network)) return "network";
  return same(before.training, after.training) ? "" : "training";
}

/** What a state's run began with. */
function startOf({ run, network, training }: PlaygroundState): Choice {
  return run.start ?? { network, training };
}

/** Refuse a parameter that the network has not got. */
function checkParameter(index: number, nParameters: number): void {
  if (index >= nParameters) throw refusal("noParameter", index);
}

/** Refuse parameters of another network, and such as no network can have. */
function checkParameters(values: string, nParameters: number): void {
  const given = floatsOf(values);
  if (given.length !== nParameters) {
    throw refusal("parameterCount", nParameters, given.length);
  }
  if (!given.every((value) => Math.abs(value) <= MAX_PARAMETER)) {
    throw refusal("parameterRange", MAX_PARAMETER);
  }
}

function checkRow(row: number, data: Data): void {
  if (row >= data.train.X.rows) throw refusal("fewTraining", data.train.X.rows);
}

/** Refuse changes, as a link may bring them, of what is not there when they are made. */
function checkedEvents(events: PlaygroundState["run"]["events"], start: Choice, data: Data) {
  let layers = start.network.layers;
  const ordered = [...events].sort((a, b) => a.iteration - b.iteration);
  for (const event of ordered) {
    if (event.kind === "network") layers = event.layers;
    if (event.kind === "row") checkRow(event.row, data);
    if (event.kind === "parameter") checkParameter(event.index, countParameters(data, layers));
    if (event.kind === "parameters") checkParameters(event.values, countParameters(data, layers));
  }
  return ordered;
}

function countParameters(data: Data, layers: Choice["network"]["layers"]): number {
  const sizes = [data.inputs.length, ...layers.map((layer) => layer.neurons), data.nOutputs];
  return sizes.slice(1).reduce((sum, size, l) => sum + size * (sizes[l] + 1), 0);
}
