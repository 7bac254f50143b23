import type { DataInfo } from "../protocol/answers";
import { layerPlaces, parameterCount } from "../state/parameters.ts";
import type { Frame, Header } from "../transport/frame";
import { activationCurve } from "./activations.ts";
import type { Quantities } from "./quantities.ts";

/** A row of the data as a lesson counts them, from 1. */
export interface Row {
  inputs: [number, number];
  label: number;
  /** Where it stands among the examples that frames speak of; -1 where it is none. */
  example: number;
}

export interface Focus {
  layer: number;
  neuron: number;
}

/** So many products at most are worked out for the derivative of a cost: it is shown ten times a second. */
const MOST_PRODUCTS = 40_000;
/** Up to how many rows are told one by one. */
const MOST_ROWS = 400;

/** The rows in the order of a lesson's table, or of the training where there is none. */
export function rowsOf(points: Frame | null, table: [number, number, number][], classes: number): Row[] {
  const { train_points, train_targets, train_rows } = points?.arrays ?? {};
  if (!train_points || !train_targets) return [];
  const outputs = classes > 2 ? classes : 1;
  const found: Row[] = Array.from({ length: train_points.length / 2 }, (_, example) => ({
    inputs: [train_points[2 * example], train_points[2 * example + 1]],
    label: labelOf(train_targets, example, outputs),
    example,
  }));
  if (!table.length) return found.sort((a, b) => order(train_rows, a) - order(train_rows, b)).slice(0, MOST_ROWS);
  const byPlace = new Map(found.map((row) => [row.inputs.map(Math.fround).join(), row.example]));
  return table
    .slice(0, MOST_ROWS)
    .map(([x, y, label]) => ({ inputs: [x, y], label, example: byPlace.get([x, y].map(Math.fround).join()) ?? -1 }));
}

function order(rows: ArrayLike<number> | undefined, row: Row): number {
  return rows?.[row.example] ?? row.example;
}

function labelOf(targets: ArrayLike<number>, example: number, outputs: number): number {
  if (outputs === 1) return targets[example];
  let best = 0;
  for (let k = 1; k < outputs; k++) if (targets[example * outputs + k] > targets[example * outputs + best]) best = k;
  return best;
}

interface LayerValues {
  z: number[];
  a: number[];
}

/** Every layer's weighted sums and activations for one row, from the parameters on screen. */
export function feedForward(info: DataInfo, parameters: ArrayLike<number>, inputs: number[]): LayerValues[] {
  let before = inputs;
  return layerPlaces(info.layer_sizes).map((place, layer) => {
    const { value } = activationCurve(info.activations[layer]);
    const z = Array.from({ length: place.n_out }, (_, to) => {
      let sum = parameters[place.biases + to];
      for (let from = 0; from < place.n_in; from++) {
        sum += parameters[place.weights + to * place.n_in + from] * before[from];
      }
      return sum;
    });
    before = z.map(value);
    return { z, a: before };
  });
}

export interface Seen {
  info: DataInfo;
  frame: Frame;
  header: Header;
  rows: Row[];
  /** The row and the neuron that are followed. */
  follow: number;
  focus: Focus;
  learningRate: number;
  furthest: number;
  startCost: number;
}

/** The numbers on screen by the names that formulas and checks call them. */
export function quantities(seen: Seen): Quantities {
  const { header, info } = seen;
  const found: Quantities = {
    J: header.train_cost,
    J_test: header.test_cost,
    J_start: seen.startCost,
    eta: seen.learningRate,
    epoch: header.epoch,
    iteration: header.iteration,
    furthest: seen.furthest,
    trained: +(seen.furthest > 0),
    playing: header.playing,
    accuracy: header.train_accuracy,
    test_accuracy: header.test_accuracy,
    right: Math.round(header.train_accuracy * info.n_train),
    wrong: Math.round((1 - header.train_accuracy) * info.n_train),
    m: info.n_train,
    ...shape(seen),
  };
  addRows(found, seen);
  addFollowed(found, seen);
  return found;
}

function shape({ info, frame }: Seen): Quantities {
  const sizes = info.layer_sizes;
  const hidden = info.activations.slice(0, -1);
  return {
    inputs: sizes[0],
    layers: sizes.length - 1,
    neurons: sizes.slice(1, -1).reduce((sum, n) => sum + n, 0),
    parameters: parameterCount(sizes),
    bends: hidden.filter((activation) => activation !== "identity").length,
    dead: Array.from(frame.arrays.neurons ?? []).filter((state) => state === 1).length,
  };
}

function addRows(found: Quantities, { rows, frame, info }: Seen): void {
  const answers = frame.arrays.predictions;
  if (!answers || info.classes.length > 2) return;
  rows.forEach((row, i) => {
    if (row.example < 0) return;
    const predicted = answers[row.example];
    found[`y_orig_${i + 1}`] = row.label;
    found[`y_pred_${i + 1}`] = predicted;
    found[`c_${i + 1}`] = (row.label - predicted) ** 2;
  });
}

/** The followed row on its way through the followed neuron, forward and back. */
function addFollowed(found: Quantities, seen: Seen): void {
  const { info, frame, rows, focus } = seen;
  const parameters = frame.arrays.parameters;
  const row = rows[seen.follow];
  const place = layerPlaces(info.layer_sizes)[focus.layer - 1];
  if (!parameters || !row || !place || focus.neuron >= place.n_out || info.inputs.length !== 2) return;
  const values = feedForward(info, parameters, row.inputs);
  const before = focus.layer === 1 ? row.inputs : values[focus.layer - 2].a;
  before.forEach((input, i) => {
    found[`${focus.layer === 1 ? "x" : "a"}_${i + 1}`] = input;
    found[`w_${i + 1}`] = parameters[place.weights + focus.neuron * place.n_in + i];
  });
  found.b = parameters[place.biases + focus.neuron];
  found.z = values[focus.layer - 1].z[focus.neuron];
  found.a = values[focus.layer - 1].a[focus.neuron];
  const output = values.at(-1)?.a ?? [];
  if (output.length !== 1) return;
  found.y_orig = row.label;
  found.y_pred = output[0];
  found.c = (row.label - output[0]) ** 2;
  if (focus.layer === info.layer_sizes.length - 1) addDerivatives(found, seen, before);
}

/** The chain rule for the output neuron under the squared error. */
function addDerivatives(found: Quantities, { info, frame, rows }: Seen, before: number[]): void {
  const { slope } = activationCurve(info.activations.at(-1) ?? "sigmoid");
  found.dc_da = 2 * (found.y_pred - found.y_orig);
  found.da_dz = slope(found.z);
  found.dc_dz = found.dc_da * found.da_dz;
  found.dz_db = 1;
  found.dc_db = found.dc_dz;
  before.forEach((a, i) => {
    found[`dz_dw_${i + 1}`] = a;
    found[`dc_dw_${i + 1}`] = found.dc_dz * a;
  });
  if (info.cost !== "mse" || rows.length !== info.n_train) return;
  if (rows.length * parameterCount(info.layer_sizes) > MOST_PRODUCTS) return;
  const parameters = frame.arrays.parameters ?? [];
  const sums = new Array<number>(before.length + 1).fill(0);
  for (const row of rows) {
    const values = feedForward(info, parameters, row.inputs);
    const inputs = values.length > 1 ? values[values.length - 2].a : row.inputs;
    const { z, a } = values[values.length - 1];
    const error = 2 * (a[0] - row.label) * slope(z[0]);
    [...inputs, 1].forEach((input, i) => (sums[i] += error * input));
  }
  before.forEach((_, i) => (found[`dJ_dw_${i + 1}`] = sums[i] / rows.length));
  found.dJ_db = sums[before.length] / rows.length;
}
