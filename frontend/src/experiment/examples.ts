import type { DataInfo } from "../protocol/answers.ts";
import { MAX_CLASSES } from "../protocol/limits.ts";
import type { DataState } from "../protocol/state.ts";
import { between, type Floats, type Matrix } from "./arrays.ts";
import { refusal } from "./refusal.ts";

/** Examples before it is said how they are looked at: features and targets, split in two. */
export interface Examples {
  train: Part;
  test: Part;
  task: DataInfo["task"];
  features: string[];
  /** Empty where the target is a number. */
  classes: string[];
  target: string;
  notes: string[];
}

export interface Part {
  features: Matrix;
  targets: Matrix<Floats>;
}

/** A data set made by a formula, as the kernels make it. */
export interface MadeSet {
  X: Float64Array;
  y: ArrayLike<number>;
  featureNames: string[];
  targetName: string;
  classNames: string[];
}

/** What the kernels draw: the same numbers as in Python. */
export interface Draws {
  dataset(name: string, n: number, noise: number, seed: number, classes: number): MadeSet;
  permutation(seed: number, n: number): ArrayLike<number>;
}

/** One of the library's data sets; its first rows are trained on. */
export function generated(state: DataState, draws: Draws): Examples {
  const made = draws.dataset(state.source, state.size, state.noise, state.seed, state.classes);
  const features = { values: made.X, rows: state.size, columns: made.featureNames.length };
  return {
    ...split(features, targetColumns(made.y, made.classNames.length), state.test_share),
    task: made.classNames.length ? "classification" : "regression",
    features: made.featureNames,
    classes: made.classNames,
    target: made.targetName,
    notes: [],
  };
}

/** The points that were drawn, in a random order. */
export function drawn(state: DataState, draws: Draws): Examples {
  const { points, drawn_task: task } = state;
  if (points.length < 2) throw refusal("twoPoints");
  const order = Array.from(draws.permutation(state.seed, points.length));
  const ordered = order.map((row) => points[row]);
  const features = { values: Float64Array.from(ordered.flatMap(([x, y]) => [x, y])), rows: points.length, columns: 2 };
  const labels = ordered.map(([, , label]) => (task === "classification" ? Math.max(0, Math.trunc(label)) : label));
  const count = task === "classification" ? Math.max(2, Math.max(...labels) + 1) : 0;
  if (count > MAX_CLASSES) {
    throw refusal("manyClasses", MAX_CLASSES, count - 1);
  }
  return {
    ...split(features, targetColumns(labels, count), state.test_share),
    task,
    features: ["x1", "x2"],
    classes: Array.from({ length: count }, (_, k) => String(k)),
    target: "y",
    notes: [],
  };
}

/** How many rows are trained on: at least one. */
export function trainRows(rows: number, testShare: number): number {
  return Math.max(1, rows - roundHalfEven(rows * testShare));
}

/** One column for two classes or a number, else one column a class. */
export function targetColumns(y: ArrayLike<number>, classes: number): Matrix<Floats> {
  const columns = classes > 2 ? classes : 1;
  const values = new Float32Array(y.length * columns);
  for (let i = 0; i < y.length; i++) {
    if (columns > 1) values[i * columns + y[i]] = 1;
    else values[i] = y[i];
  }
  return { values, rows: y.length, columns };
}

function split(features: Matrix, targets: Matrix<Floats>, testShare: number): { train: Part; test: Part } {
  const n = trainRows(features.rows, testShare);
  return {
    train: { features: between(features, 0, n), targets: between(targets, 0, n) },
    test: { features: between(features, n, features.rows), targets: between(targets, n, features.rows) },
  };
}

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
