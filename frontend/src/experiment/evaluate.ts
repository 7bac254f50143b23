import type { Network } from "../engine/network.ts";
import { argmax, type Floats, type Matrix } from "./arrays.ts";
import type { Data, Rows } from "./data.ts";

/** How good predictions are; NaN where there is nothing to measure. */
export interface Scores {
  cost: number;
  accuracy: number;
  r2: number;
  rmse: number;
  /** Rows are original labels, columns predicted ones; empty for numbers. */
  confusion: Floats;
}

export interface BothScores {
  train: Scores;
  test: Scores;
}

const NOTHING = { cost: NaN, accuracy: NaN, r2: NaN, rmse: NaN, confusion: new Float32Array(0) };

/** Cost, without penalties, and what else says how good the network is, on rows of both sets. */
export function evaluate(network: Network, data: Data, cost: string, most: number): BothScores {
  const of = (set: "train" | "test") => scores(network, data.sample(set, most), cost, data.classifies);
  return { train: of("train"), test: of("test") };
}

export function scores(network: Network, { X, Y }: Rows, cost: string, classifies: boolean): Scores {
  if (X.rows === 0) return NOTHING;
  const outputs = network.feedForward(X.values, X.rows);
  const J = network.cost(X.values, Y.values, X.rows, cost);
  if (!classifies) return { ...NOTHING, cost: J, ...fit(outputs, Y) };
  const confusion = confusionOf(outputs, Y);
  return { ...NOTHING, cost: J, confusion, accuracy: rightShare(confusion) };
}

/** Share of right classes, or R² where it is above 0: what a learner sees get better. */
export function quality(network: Network, { X, Y }: Rows, classifies: boolean): number {
  const outputs = network.feedForward(X.values, X.rows);
  const found = classifies ? rightShare(confusionOf(outputs, Y)) : fit(outputs, Y).r2;
  return Math.max(0, found) || 0;
}

/** The class that outputs, or targets, stand for. */
export function classOf(values: ArrayLike<number>, row: number, columns: number): number {
  return columns === 1 ? Number(values[row] >= 0.5) : argmax(values, row * columns, columns);
}

function confusionOf(outputs: ArrayLike<number>, { values, rows, columns }: Matrix): Floats {
  const classes = Math.max(columns, 2);
  const counts = new Float32Array(classes * classes);
  for (let i = 0; i < rows; i++) {
    counts[classOf(values, i, columns) * classes + classOf(outputs, i, columns)]++;
  }
  return counts;
}

function rightShare(confusion: Floats): number {
  const classes = Math.sqrt(confusion.length);
  const all = confusion.reduce((sum, count) => sum + count, 0);
  let right = 0;
  for (let k = 0; k < classes; k++) right += confusion[k * classes + k];
  return right / all;
}

/** R² = 1 - Σ(y - ŷ)² / Σ(y - mean)², NaN where all targets are equal; RMSE = √(Σ(y - ŷ)² / n). */
function fit(outputs: ArrayLike<number>, { values }: Matrix): { r2: number; rmse: number } {
  let [sum, rest, spread] = [0, 0, 0];
  for (const y of values) sum += y;
  const mean = sum / values.length;
  values.forEach((y: number, i: number) => {
    rest += (y - outputs[i]) ** 2;
    spread += (y - mean) ** 2;
  });
  return { r2: spread > 0 ? 1 - rest / spread : NaN, rmse: Math.sqrt(rest / values.length) };
}
