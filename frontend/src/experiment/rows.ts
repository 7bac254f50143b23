import type { Network } from "../engine/network.ts";
import type { ExampleInfo, RowInfo, RowsInfo } from "../protocol/answers.ts";
import type { Rows as Wanted, SetName } from "../protocol/requests.ts";
import { rowOf, type Matrix } from "./arrays.ts";
import type { Data } from "./data.ts";
import { classOf } from "./evaluate.ts";
import { refusal } from "./refusal.ts";

const MOST_ROWS = 500;
/** Up to so many rows are sorted by their cost; more by their error. */
const MOST_COSTS = 2_000;

/** What is asked about rows. */
export interface Asked {
  network: Network;
  data: Data;
  cost: string;
  set: SetName;
}

type Key = NonNullable<Wanted["sort"]>;

/** A part of the table of rows, in the order that is asked for. */
export function rowsInfo(
  network: Network,
  data: Data,
  cost: string,
  wanted: Wanted,
): Omit<RowsInfo, "type" | "iteration"> {
  const { set, sort = "row", descending = false, first = 0 } = wanted;
  const asked = { network, data, cost, set };
  const { X } = data[set];
  const outputs = network.feedForward(X.values, X.rows);
  const order = Array.from({ length: X.rows }, (_, row) => row);
  if (sort !== "row") sortBy(order, keysOf(asked, outputs, sort));
  if (descending) order.reverse();
  const shown = order.slice(first, first + Math.min(wanted.count ?? 100, MOST_ROWS));
  return { set, total: X.rows, first, rows: shown.map((row) => describe(asked, outputs, row, row)) };
}

/** One example's way through the network. */
export function exampleInfo(asked: Asked, row: number): Omit<ExampleInfo, "type" | "iteration"> {
  const { network, data, cost, set } = asked;
  const { X, Y } = data[set];
  if (row >= X.rows) throw refusal(set === "train" ? "fewTraining" : "fewTest", X.rows);
  const [inputs, targets] = [rowOf(X, row), rowOf(Y, row)];
  const { flat, dZ } = network.backPropagate(inputs, targets, 1, cost);
  const values = network.layerOutputs(inputs, 1);
  const layers = values.map(({ Z, A }, l) => ({
    Z: Array.from(Z),
    A: Array.from(A),
    dA: errorsOf(network, dZ, l),
    dZ: Array.from(dZ[l]),
  }));
  return { ...describeRow(asked, row), set, inputs, layers, gradient: Array.from(flat) };
}

/** The error in a layer's activations: what comes back from the next; of the last one its dZ. */
function errorsOf({ layers, parameters }: Network, dZ: ArrayLike<number>[], l: number): number[] {
  if (l === layers.length - 1) return Array.from(dZ[l]);
  const { nIn, nOut, weights } = layers[l + 1];
  return Array.from({ length: nIn }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < nOut; j++) sum += parameters[weights + j * nIn + k] * dZ[l + 1][j];
    return sum;
  });
}

/** A row, with the network's answer. */
export function describeRow(asked: Asked, row: number): RowInfo {
  const { X } = asked.data[asked.set];
  return describe(asked, asked.network.feedForward(rowOf(X, row), 1), 0, row);
}

/** Describe a row whose outputs stand at a place of some. */
function describe(
  { network, data, cost, set }: Asked,
  outputs: ArrayLike<number>,
  place: number,
  row: number,
): RowInfo {
  const { X, Y } = data[set];
  const [inputs, targets] = [rowOf(X, row), rowOf(Y, row)];
  return {
    row,
    features: rowOf(data.examples[set].features, row),
    label: labelOf(data, Y, row),
    prediction: predictionOf(data, outputs, place),
    outputs: Array.from({ length: Y.columns }, (_, k) => outputs[place * Y.columns + k]),
    error: errorOf(data, Y, row, outputs, place),
    cost: network.cost(inputs, targets, 1, cost),
  };
}

function labelOf(data: Data, { values, columns }: Matrix, row: number): number {
  return data.classifies ? classOf(values, row, columns) : values[row * columns];
}

function predictionOf(data: Data, outputs: ArrayLike<number>, place: number): number {
  return data.classifies ? classOf(outputs, place, data.nOutputs) : outputs[place];
}

/** Of numbers prediction - label; of classes what is missing to the label's probability of 1. */
function errorOf(data: Data, Y: Matrix, row: number, outputs: ArrayLike<number>, place: number): number {
  const label = labelOf(data, Y, row);
  if (!data.classifies) return outputs[place] - label;
  if (Y.columns === 1) return Math.abs(label - outputs[place]);
  return 1 - outputs[place * Y.columns + label];
}

function keysOf(asked: Asked, outputs: ArrayLike<number>, sort: Key): ArrayLike<number> {
  const { data, set } = asked;
  const { X, Y } = data[set];
  const features = data.examples[set].features;
  const keys = new Float64Array(X.rows);
  const keyOf = (row: number): number => {
    if (typeof sort === "number") return features.values[row * features.columns + sort];
    if (sort === "label") return labelOf(data, Y, row);
    if (sort === "prediction") return Y.columns === 1 ? outputs[row] : predictionOf(data, outputs, row);
    if (sort === "cost" && X.rows <= MOST_COSTS) return describe(asked, outputs, row, row).cost;
    return Math.abs(errorOf(data, Y, row, outputs, row));
  };
  return keys.map((_, row) => keyOf(row));
}

/** Sort rows by their keys; those that are no number come last. */
function sortBy(order: number[], keys: ArrayLike<number>): void {
  const rank = (row: number) => (Number.isNaN(keys[row]) ? Infinity : keys[row]);
  order.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
}
