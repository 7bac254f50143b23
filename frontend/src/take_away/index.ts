// What a person takes away: Python that repeats the run, the model, its history.
import type { Matrix } from "../experiment/arrays.ts";
import type { Data } from "../experiment/data.ts";
import type { Experiment } from "../experiment/experiment.ts";
import type { FileInfo } from "../protocol/answers.ts";
import type { FileKind } from "../protocol/requests.ts";
import { plain } from "../written/numbers.ts";
import { csv } from "./csv.ts";
import { modelFile } from "./model_file.ts";
import { onnxFile } from "./onnx.ts";
import { EXAMPLES, needsExamples, pythonCode } from "./python.ts";

export type MadeFile = Omit<FileInfo, "type" | "kind">;

const ENDLESS_DIGITS = 17;

export function makeFile(experiment: Experiment, kind: FileKind): MadeFile {
  switch (kind) {
    case "python":
      return {
        ...text("run.py", "text/x-python", pythonCode(experiment)),
        beside: needsExamples(experiment) ? "examples" : "",
      };
    case "examples":
      return text(EXAMPLES, "text/csv", examplesFile(experiment.data));
    case "model":
      return {
        name: "network.walnet",
        media: "application/octet-stream",
        content: modelFile(experiment.network),
        beside: "",
      };
    case "onnx":
      return {
        name: "network.onnx",
        media: "application/octet-stream",
        content: onnxFile(experiment.network),
        beside: "",
      };
    case "history":
      return text("history.csv", "text/csv", historyFile(experiment));
    case "curve":
      return text("curve.csv", "text/csv", curveFile(experiment));
    case "state":
      return text("state.json", "application/json", JSON.stringify(experiment.presentState(), null, 1));
  }
}

function text(name: string, media: string, content: string): MadeFile {
  return { name, media, content, beside: "" };
}

/** Inputs and targets as the network takes them, with every digit. */
function examplesFile(data: Data): string {
  const targets = data.train.Y.columns > 1 ? data.examples.classes : [data.examples.target];
  const rows = [data.train, data.test].flatMap(({ X, Y }, test) =>
    Array.from({ length: X.rows }, (_, i) => [test, ...digitsOf(X, i), ...digitsOf(Y, i)]),
  );
  return csv(["test", ...data.inputs, ...targets], rows);
}

function digitsOf({ values, columns }: Matrix, row: number): string[] {
  const numbers = Array.from(values.subarray(row * columns, (row + 1) * columns));
  return numbers.map((value) => plain(value, ENDLESS_DIGITS, true));
}

/** What training recorded of each epoch up to here. */
function historyFile({ timeline, data }: Experiment): string {
  const kept = timeline.log.until(Math.floor(timeline.epoch));
  const rows = kept.map(({ epoch, row: [cost, accuracy, norm, rate] }) => [
    epoch,
    cost,
    data.classifies ? accuracy : NaN,
    norm,
    rate,
  ]);
  return csv(["epoch", "cost", "accuracy", "gradient_norm", "learning_rate"], rows);
}

/** The points of the cost curve that is drawn: what frames have shown. */
function curveFile({ curve, timeline }: Experiment): string {
  const names = ["iteration", "train_cost", "test_cost", "train_accuracy", "test_accuracy"];
  return csv(
    names,
    curve.points.filter(([iteration]) => iteration <= timeline.iteration),
  );
}
