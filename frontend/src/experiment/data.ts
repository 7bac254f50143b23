import type { DataInfo } from "../protocol/answers.ts";
import type { DataState, ViewState } from "../protocol/state.ts";
import { quantile, spread, takeRows, type Floats, type Matrix } from "./arrays.ts";
import { inputsOf, readDerivation, type Derivation, type Sines } from "./derived.ts";
import { drawn, generated, type Draws, type Examples, type Part } from "./examples.ts";
import { canvasPlane, componentPlane, featurePlane, gridOf, placeOn, pointsOn, type Plane } from "./projection.ts";
import { refusal } from "./refusal.ts";
import type { OwnTable } from "./table.ts";

/** Inputs and targets as the network takes them. */
export interface Rows {
  X: Matrix<Floats>;
  Y: Matrix<Floats>;
}

const SHOWN = 500;
const HEALTH_ROWS = 256;

export interface Sources extends Draws {
  sines: Sines;
}

/** The examples that an experiment trains on, and the plane that they are looked at on. */
export class Data {
  readonly examples: Examples;
  readonly derivation: Derivation;
  readonly train: Rows;
  readonly test: Rows;
  readonly shownTrain: number[];
  readonly shownTest: number[];
  /** Inputs of the drawn examples, training rows first. */
  readonly shown: Matrix<Floats>;
  /** Training inputs that tell whether a neuron is dead or saturated. */
  readonly health: Matrix<Floats>;
  /** The outputs that the ends of the colours stand for. */
  readonly outputRange: [number, number];
  plane: Plane;
  readonly #sines: Sines;
  readonly #drawn: boolean;
  #grids = new Map<number, Matrix<Floats>>();
  #samples = new Map<string, Rows>();

  constructor(state: DataState, view: ViewState, sources: Sources, table: OwnTable | null) {
    this.examples = examplesOf(state, sources, table);
    this.#sines = sources.sines;
    this.#drawn = state.source === "drawn";
    this.derivation = readDerivation(state.derived, this.examples.features);
    this.train = this.#rows(this.examples.train);
    this.test = this.#rows(this.examples.test);
    this.shownTrain = spread(this.train.X.rows, SHOWN);
    this.shownTest = spread(this.test.X.rows, SHOWN);
    this.shown = joined(takeRows(this.train.X, this.shownTrain), takeRows(this.test.X, this.shownTest));
    this.health = takeRows(this.train.X, spread(this.train.X.rows, HEALTH_ROWS));
    this.outputRange = this.classifies ? [0, 1] : middleRange(this.train.Y);
    this.plane = this.#planeOf(view);
  }

  get task(): DataInfo["task"] {
    return this.examples.task;
  }

  get classifies(): boolean {
    return this.task === "classification";
  }

  get inputs(): string[] {
    return [...this.examples.features, ...this.derivation.names];
  }

  get nOutputs(): number {
    return this.train.Y.columns;
  }

  /** Activation of the output layer, and the cost that goes with it. */
  get outputLayer(): { activation: string; cost: string } {
    if (!this.classifies) return { activation: "identity", cost: "mse" };
    if (this.nOutputs === 1) return { activation: "sigmoid", cost: "binary_cross_entropy" };
    return { activation: "softmax", cost: "categorical_cross_entropy" };
  }

  /** Look at the same examples on another plane. */
  look(view: ViewState): void {
    this.plane = this.#planeOf(view);
    this.#grids.clear();
  }

  /** Rows at equal distances of a set, at most so many. */
  sample(set: "train" | "test", most: number): Rows {
    const { X, Y } = this[set];
    if (X.rows <= most) return this[set];
    const key = `${set} ${most}`;
    const rows = spread(X.rows, most);
    const found = this.#samples.get(key) ?? { X: takeRows(X, rows), Y: takeRows(Y, rows) };
    if (this.#samples.size > 8) this.#samples.clear();
    this.#samples.set(key, found);
    return found;
  }

  /** The inputs of a map of side × side places, made once. */
  grid(side: number): Matrix<Floats> {
    const found = this.#grids.get(side) ?? this.#inputs(gridOf(this.plane, side));
    if (this.#grids.size > 6) this.#grids.clear();
    this.#grids.set(side, found);
    return found;
  }

  /** The inputs at one place of the map. */
  place(x: number, y: number): Matrix<Floats> {
    const values = placeOn(this.plane, x, y);
    return this.#inputs({ values, rows: 1, columns: values.length });
  }

  /** Places on the plane and targets of the drawn examples. */
  shownArrays() {
    const { train, test } = this.examples;
    const [rows, testRows] = [this.shownTrain, this.shownTest];
    const [Y, testY] = [takeRows(train.targets, rows), takeRows(test.targets, testRows)];
    return {
      train_rows: Float64Array.from(rows),
      train_points: pointsOn(this.plane, takeRows(train.features, rows), Y),
      train_targets: Y.values,
      test_points: pointsOn(this.plane, takeRows(test.features, testRows), testY),
      test_targets: testY.values,
    };
  }

  #rows({ features, targets }: Part): Rows {
    return { X: this.#inputs(features), Y: targets };
  }

  #inputs(features: Matrix): Matrix<Floats> {
    return inputsOf(features, this.derivation, this.#sines);
  }

  #planeOf(view: ViewState): Plane {
    const { features, train } = this.examples;
    if (this.#drawn) return canvasPlane(train.features, features);
    if (view.components && features.length > 2) return componentPlane(train.features);
    return featurePlane(train.features, train.targets, features, view);
  }
}

/** What decides the plane. */
export function planeKey({ axis_x, axis_y, components, slice }: ViewState): string {
  return JSON.stringify([axis_x, axis_y, components, slice]);
}

function examplesOf(state: DataState, draws: Draws, table: OwnTable | null): Examples {
  if (state.source === "drawn") return drawn(state, draws);
  if (state.source !== "file") return generated(state, draws);
  if (table) return table.examples(state);
  throw refusal("tableMissing", state.file.name);
}

function middleRange({ values }: Matrix<Floats>): [number, number] {
  const sorted = values.slice().sort();
  const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
  return high > low ? [low, high] : [low - 1, high + 1];
}

function joined(first: Matrix<Floats>, second: Matrix<Floats>): Matrix<Floats> {
  const values = new Float32Array(first.values.length + second.values.length);
  values.set(first.values);
  values.set(second.values, first.values.length);
  return { values, rows: first.rows + second.rows, columns: first.columns };
}
