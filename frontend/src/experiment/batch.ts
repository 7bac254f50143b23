import { lookAt, type Iteration } from "../engine/iteration.ts";
import type { Training } from "../engine/training.ts";
import type { BatchInfo, LayerWay } from "../protocol/answers.ts";
import { errorOf } from "../written/backward.ts";
import { Pass } from "../written/pass.ts";
import { rowOf } from "./arrays.ts";
import type { Data } from "./data.ts";
import { describeRow } from "./rows.ts";

const MOST_ROWS = 100;

/** The batch of the next iteration, and the way of one of its rows: the first, unless another is asked for. */
export function batchInfo(training: Training, data: Data, row?: number): Omit<BatchInfo, "type" | "iteration"> {
  const wanted = row !== undefined && training.batchRows().includes(row) ? row : null;
  const iteration = lookAt(training, wanted);
  const { network, settings } = training;
  const shown = iteration.batch.slice(0, MOST_ROWS);
  const asked = { network, data, cost: settings.cost, set: "train" } as const;
  const described = shown.map((each) => describeRow(asked, each));
  const { before, after, shown: followed, gradient, cost, penalty } = iteration;
  return {
    size: iteration.batch.length,
    rows: shown,
    labels: described.map((each) => each.label),
    predictions: described.map((each) => each.prediction),
    costs: described.map((each) => each.cost),
    cost,
    penalty,
    row: followed[0],
    inputs: rowOf(data.train.X, followed[0]),
    layers: waysOf(training, iteration),
    gradient: Array.from(gradient),
    share: shareOf(training, iteration),
    update: Array.from(after.parameters, (value, k) => value - before.parameters[k]),
  };
}

function waysOf(training: Training, iteration: Iteration): LayerWay[] {
  const pass = new Pass(training, iteration);
  return training.network.layers.map(({ nOut }, l) => {
    const { Z, A, dZ } = iteration.held[l];
    const first = (values: ArrayLike<number>) => Array.from({ length: nOut }, (_, j) => values[j]);
    const dA = Array.from({ length: nOut }, (_, j) => errorOf(pass, l, j).number);
    return { Z: first(Z), A: first(A), dA, dZ: first(dZ) };
  });
}

/** What the followed row adds to each derivative: dW = dZ·a of the layer before, db = dZ. */
function shareOf({ network }: Training, { X, held }: Iteration): number[] {
  const share = new Array<number>(network.nParameters);
  network.layers.forEach(({ nIn, nOut, weights, biases }, l) => {
    const before = l === 0 ? X : held[l - 1].A;
    for (let j = 0; j < nOut; j++) {
      const error = held[l].dZ[j];
      for (let k = 0; k < nIn; k++) share[weights + j * nIn + k] = error * before[k];
      share[biases + j] = error;
    }
  });
  return share;
}
