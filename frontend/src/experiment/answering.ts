import type { ServerMessage } from "../protocol/answers.ts";
import type { Batch, Descent, Example, Export, Nudge, Probe, Rows, Surface, Trace } from "../protocol/requests.ts";
import { makeFile } from "../take_away/index.ts";
import { writeOut } from "../written/index.ts";
import { batchInfo } from "./batch.ts";
import { descentCurve } from "./descent.ts";
import type { Experiment } from "./experiment.ts";
import { checkParameter } from "./interventions.ts";
import { makeNetwork } from "./making.ts";
import { nudge } from "./nudge.ts";
import { refusal } from "./refusal.ts";
import { exampleInfo, rowsInfo } from "./rows.ts";
import { SURFACE_ROWS, SurfaceWork } from "./surface.ts";

/** What the page asks of the run where it stands: nothing changes by it. */
export type Question = Trace | Nudge | Probe | Descent | Rows | Example | Batch | Export;

export function answer(experiment: Experiment, question: Question): ServerMessage {
  const { data, network, cost, timeline } = experiment;
  const { iteration, training } = timeline;
  switch (question.type) {
    case "probe":
      return probe(experiment, question);
    case "descent":
      return descent(experiment, question.index);
    case "rows":
      checkSort(question, data.examples.features.length);
      return { type: "rows", iteration, ...rowsInfo(network, data, cost, question) };
    case "example":
      return {
        type: "example",
        iteration,
        ...exampleInfo({ network, data, cost, set: question.set }, question.row),
      };
    case "batch":
      return { type: "batch", iteration, ...batchInfo(training, data, question.row) };
    case "export":
      return { type: "file", kind: question.kind, ...makeFile(experiment, question.kind) };
    case "nudge":
      return { type: "nudge", ...nudge(training, data, question) };
    case "trace":
      return { ...writtenOut(experiment, question), iteration };
  }
}

/** Begin to work the cost's surface out. */
export function beginSurface(experiment: Experiment, wanted: Surface): SurfaceWork {
  const { kernels, data, network, cost, timeline } = experiment;
  const last = Math.max(wanted.first ?? 0, wanted.second ?? 1);
  if (wanted.kind === "parameters") checkParameter(last, network.nParameters);
  const scratch = makeNetwork(kernels.fresh(), data, timeline.choice);
  return new SurfaceWork(timeline, scratch, data.sample("train", SURFACE_ROWS), cost, wanted);
}

/** The activations of every layer at a place of the map. */
function probe({ data, network }: Experiment, { x, y }: Probe): ServerMessage {
  const { values } = data.place(x, y);
  const activations = network.layerOutputs(values, 1).map(({ A }) => Array.from(A));
  return { type: "probe", x, y, inputs: Array.from(values), activations };
}

function descent({ data, network, cost, timeline }: Experiment, index: number): ServerMessage {
  checkParameter(index, network.nParameters);
  const rows = data.sample("train", SURFACE_ROWS);
  const found = descentCurve(network, rows, cost, index, timeline.training.learningRate);
  return { type: "descent", iteration: timeline.iteration, ...found };
}

/** Refuse to sort by a feature that is not there. */
function checkSort({ sort }: Rows, nFeatures: number): void {
  if (typeof sort === "number" && sort >= nFeatures) throw refusal("fewFeatures", nFeatures);
}

function writtenOut({ timeline, data }: Experiment, { example, layer = 1, neuron = 1, decimals = 3 }: Trace) {
  const row = example === undefined ? null : Math.min(example, data.train.X.rows - 1);
  return writeOut(timeline.training, { example: row, layer, neuron, decimals });
}
