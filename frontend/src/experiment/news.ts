import type { DataInfo, RunInfo, Welcome } from "../protocol/answers.ts";
import type { FileChoice } from "../protocol/state.ts";
import { evaluate, type BothScores } from "./evaluate.ts";
import type { Experiment } from "./experiment.ts";
import { pack } from "./frames.ts";
import { boundarySide, evaluatedRows, frameArrays, mapSide } from "./pictures.ts";

const NO_FILE: FileChoice = { name: "", sha256: "", target: "", columns: [], task: "auto" };

/** How a frame is made. */
interface Moment {
  isPlaying: boolean;
  /** Iterations a second. */
  speed: number;
  gradients: boolean;
  /** The iteration that the run is on its way to. */
  goal: number | null;
}

/** What the page is told of an experiment. */
export class News {
  readonly #experiment: Experiment;
  /** The network that the page was told of last. */
  #shape = { number: 0, key: "" };

  constructor(experiment: Experiment) {
    this.#experiment = experiment;
  }

  welcome(): Welcome {
    const { table } = this.#experiment;
    const state = this.#experiment.presentState();
    return { type: "welcome", state, file: table?.firstChoice() ?? NO_FILE, file_columns: table?.columns ?? [] };
  }

  /** What holds now, of a run that is on its way to a goal: as if it were there. */
  run(told: Pick<RunInfo, "playing" | "branched" | "stopped" | "anew">, goal: number | null): RunInfo {
    const { run: here, network, training } = this.#experiment.presentState();
    const run = { ...here, iteration: goal ?? here.iteration };
    return { type: "run", run, network, training, furthest: this.#experiment.timeline.furthest, ...told };
  }

  /** Whether the page has not been told of this network and how it is trained. */
  get isOfNewShape(): boolean {
    return this.#shapeKey() !== this.#shape.key;
  }

  #shapeKey(): string {
    const { timeline, network, cost, generation } = this.#experiment;
    const { sizes, activations } = network.spec;
    return JSON.stringify([generation, sizes, activations, cost, timeline.training.iterationsPerEpoch]);
  }

  data(): DataInfo {
    const { data, network, cost, timeline } = this.#experiment;
    if (this.isOfNewShape) this.#shape = { number: this.#shape.number + 1, key: this.#shapeKey() };
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
      cost,
      iterations_per_epoch: timeline.training.iterationsPerEpoch,
      notes: data.examples.notes,
      held: plane.held,
      shape: this.#shape.number,
    };
  }

  points(): ArrayBuffer {
    const { data, generation } = this.#experiment;
    return pack("data", { generation }, data.shownArrays());
  }

  curve(): ArrayBuffer {
    const { generation, curve } = this.#experiment;
    return pack("curve", { generation }, { curve: curve.array() });
  }

  /** A frame of the present moment; its scores are a point of the curve. */
  frame({ isPlaying, speed, gradients, goal }: Moment): { buffer: ArrayBuffer; scores: BothScores } {
    const { network, data, timeline, cost, curve, generation } = this.#experiment;
    const rows = evaluatedRows(network, isPlaying);
    const side = boundarySide(network, isPlaying);
    const scores = evaluate(network, data, cost, rows);
    const arrays = frameArrays(network, data, side);
    if (gradients) arrays.gradients = this.#gradients(rows);
    if (data.classifies) arrays.train_confusion = scores.train.confusion;
    if (data.classifies && data.test.X.rows) arrays.test_confusion = scores.test.confusion;
    curve.add(timeline.iteration, scores);
    const header = {
      iteration: timeline.iteration,
      goal: goal ?? timeline.iteration,
      epoch: timeline.epoch,
      furthest: timeline.furthest,
      learning_rate: timeline.training.learningRate,
      iterations_per_second: speed,
      playing: Number(isPlaying),
      map_side: mapSide(network),
      boundary_side: side,
      generation,
      shape: this.#shape.number,
      ...namedScores(scores),
    };
    return { buffer: pack("frame", header, arrays), scores };
  }

  #gradients(most: number): Float32Array {
    const { network, data, cost } = this.#experiment;
    const { X, Y } = data.sample("train", most);
    return Float32Array.from(network.backPropagate(X.values, Y.values, X.rows, cost).flat);
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
