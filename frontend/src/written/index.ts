// One iteration written out for one neuron: all the arithmetic, in names and in numbers.
import { lookAt } from "../engine/iteration.ts";
import type { Training } from "../engine/training.ts";
import type { TraceInfo, WrittenStage } from "../protocol/answers.ts";
import { backwardLines } from "./backward.ts";
import { costLines } from "./cost.ts";
import { forwardLines } from "./forward.ts";
import { written, type Line } from "./lines.ts";
import { Pass, range } from "./pass.ts";
import { gradientLine, shownParameters, updateLines } from "./update.ts";

/** Terms of a sum that are written out; of a batch of ten, all. */
const TERMS = 10;

export interface Asked {
  /** A row of the training data; null for the first of the batch. */
  example: number | null;
  /** Layer and neuron, counted from 1. */
  layer: number;
  neuron: number;
  decimals: number;
}

/** Write the next iteration out; the training stays where it is. */
export function writeOut(training: Training, asked: Asked): Omit<TraceInfo, "facts"> {
  const iteration = lookAt(training, asked.example);
  const pass = new Pass(training, iteration);
  const l = Math.min(Math.max(asked.layer, 1), pass.layers.length) - 1;
  const j = Math.min(Math.max(asked.neuron, 1), pass.layers[l].nOut) - 1;
  const first = (values: ArrayLike<number>, n: number) => range(n).map((k) => values[k]);
  return {
    type: "trace",
    iteration: iteration.before.iteration,
    example: iteration.shown[0],
    batch: iteration.batch,
    layer: l + 1,
    neuron: j + 1,
    taking_part: iteration.inBatch,
    inputs: first(iteration.X, pass.layers[0].nIn),
    targets: first(iteration.Y, pass.layers[pass.last].nOut),
    activations: iteration.held.map(({ A }, k) => first(A, pass.layers[k].nOut)),
    errors: iteration.held.map(({ dZ }, k) => first(dZ, pass.layers[k].nOut)),
    cost: iteration.cost,
    gradient: Float32Array.from(iteration.gradient),
    parameters: Float32Array.from(iteration.before.parameters),
    updated: Float32Array.from(iteration.after.parameters),
    stages: stagesOf(pass, l, j, asked.decimals),
  };
}

function stagesOf(pass: Pass, l: number, j: number, decimals: number): WrittenStage[] {
  const parameters = shownParameters(pass, l, j, TERMS);
  const lines: Record<WrittenStage["name"], Line[]> = {
    feed_forward: forwardLines(pass, l, j, TERMS),
    cost: costLines(pass, TERMS),
    back_propagation: [
      ...backwardLines(pass, l, j, TERMS),
      ...parameters.map((parameter) => gradientLine(pass, parameter, TERMS)),
    ],
    update: parameters.flatMap((parameter) => updateLines(pass, parameter)),
  };
  const names = Object.keys(lines) as WrittenStage["name"][];
  return names.map((name) => ({ name, lines: lines[name].map((line) => written(line, decimals)) }));
}
