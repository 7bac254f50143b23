// What the page and the experiment in its worker say to each other.
import type { Sentences } from "./texts/sentences/en.ts";

/** What a link may hold: among it, all parameters of the largest network. */
export const MAX_MESSAGE_BYTES = 262144;

export const PROTOCOL = 2;

export const MAX_LAYERS = 8;

export const MAX_NEURONS = 32;

export const MAX_CLASSES = 8;

export const MAX_DRAWN = 1000;

export const MAX_EVENTS = 500;

export const MAX_DERIVED = 20;

export const MAX_PARAMETER = 1000000.0;

export const LOGGED_EPOCHS = 131072;

export const CURVE_POINTS = 2048;

export interface Hello {
  type: "hello";
  protocol: number;
  state?: PlaygroundState | null;
}

export interface PlaygroundState {
  data: DataState;
  network: NetworkState;
  training: TrainingChoice;
  stop: StopChoice;
  run: RunState;
  view: ViewState;
}

export interface DataState {
  source: "blobs" | "bumpy" | "circles" | "drawn" | "file" | "gaussians" | "moons" | "plane" | "sine" | "spirals" | "xor";
  size: number;
  noise: number;
  classes: number;
  test_share: number;
  seed: number;
  points: [number, number, number][];
  drawn_task: "classification" | "regression";
  /** Inputs made of the others, counted from 1: "square 1", "product 1 2", "sine 1". */
  derived: string[];
  file: FileChoice;
}

export interface FileChoice {
  name: string;
  sha256: string;
  target: string;
  columns: string[];
  task: "auto" | "classification" | "regression";
}

export interface NetworkState {
  layers: LayerState[];
  initializer: "auto" | "glorot" | "he" | "lecun" | "normal" | "uniform" | "zeros";
  seed: number;
}

export interface LayerState {
  neurons: number;
  activation: "elu" | "gelu" | "identity" | "leaky_relu" | "mish" | "relu" | "selu" | "sigmoid" | "silu" | "softplus" | "tanh";
  dropout: number;
}

export interface TrainingChoice {
  cost: "auto" | "binary_cross_entropy" | "categorical_cross_entropy" | "huber" | "mae" | "mse";
  learning_rate: number;
  batch_size: number;
  optimizer: "adam" | "adamw" | "gradient_descent" | "momentum" | "nesterov" | "rmsprop";
  l1: number;
  l2: number;
  weight_decay: number;
  seed: number;
}

export interface StopChoice {
  cost: number;
  accuracy: number;
  epochs: number;
}

export interface RunState {
  iteration: number;
  events: RunEvent[];
  /** What the run started with, where it was changed since: the state holds what is now. */
  start: Choice | null;
}

/** The network and how it is trained. */
export interface Choice {
  network: NetworkState;
  training: TrainingChoice;
}

/** Something changed by hand while training stood at an iteration. */
export type RunEvent = { iteration: number } & Intervention;

/** What can be changed while a run is under way.
 *
 * With other settings of training, or other layers, a new training goes on from the
 * parameters. Where sizes, batch size and optimizer stay, so do the optimizer's memory and
 * the order of the examples; else they start anew. Neurons that are new get the weights
 * that a network of the new sizes would start with.
 */
export type Intervention =
  | { kind: "learning_rate"; value: number }
  | { kind: "parameter"; value: number; index: number }
  /** All parameters at once: their float32 bytes in base64. */
  | { kind: "parameters"; values: string }
  | { kind: "training"; training: Partial<LiveTraining> }
  | { kind: "network"; layers: LayerState[] }
  /** One iteration of a training of its own on this training row alone. */
  | { kind: "row"; row: number };

export type LiveTraining = Omit<TrainingChoice, "seed" | "learning_rate">;

/** Parts of the Play view that a link can hide, as a teacher chooses. */
export const HIDEABLE = [
  "data",
  "training",
  "network",
  "layers",
  "map",
  "curve",
  "steps",
  "start",
  "keep",
  "speed",
] as const;

export type Hideable = (typeof HIDEABLE)[number];

export interface ViewState {
  screen: "compare" | "learn" | "play" | "step" | "take_away";
  axis_x: number;
  axis_y: number;
  components: boolean;
  /** Values of all features on the map where it does not vary them; empty: their means. */
  slice: number[];
  discretize: boolean;
  show_test: boolean;
  log_cost: boolean;
  decimals: 3 | 6 | 17;
  example: number;
  hidden: Hideable[];
}

export interface SetState {
  type: "set_state";
  state: PlaygroundState;
}

/** Change how the run is looked at. */
export interface Look {
  type: "look";
  view: ViewState;
}

/** Change when training stops by itself. */
export interface StopWhen {
  type: "stop_when";
  stop: StopChoice;
}

export interface Play {
  type: "play";
  /** Epochs a second; 0 is as fast as it goes. */
  speed?: number;
}

export interface Pause {
  type: "pause";
}

export interface Step {
  type: "step";
  unit?: "epoch" | "iteration";
}

export interface Seek {
  type: "seek";
  iteration: number;
}

export interface Reset {
  type: "reset";
}

/** Change something here; what came after it is dropped. */
export type Change = { type: "change" } & Intervention;

export interface NextFrame {
  type: "next";
  gradients?: boolean;
}

export interface Trace {
  type: "trace";
  example?: number;
  layer?: number;
  neuron?: number;
  decimals?: 3 | 6 | 17;
}

export interface Nudge {
  type: "nudge";
  layer: number;
  neuron: number;
  input?: number;
  example?: number;
}

export interface Probe {
  type: "probe";
  x: number;
  y: number;
}

export interface Surface {
  type: "surface";
  kind?: "components" | "parameters";
  first?: number;
  second?: number;
}

/** The cost over one parameter. */
export interface Descent {
  type: "descent";
  index: number;
}

export type SetName = "train" | "test";

/** Rows of the table, in an order. */
export interface Rows {
  type: "rows";
  set: SetName;
  first?: number;
  count?: number;
  /** A column, or a feature counted from 0. */
  sort?: "row" | "label" | "prediction" | "error" | "cost" | number;
  descending?: boolean;
}

/** One example's way through the network. */
export interface Example {
  type: "example";
  set: SetName;
  row: number;
}

/** The batch of the iteration that comes next, and the way of one of its rows. */
export interface Batch {
  type: "batch";
  row?: number;
}

/** A file to take away. */
export interface Export {
  type: "export";
  kind: FileKind;
}

export type FileKind = "python" | "examples" | "model" | "onnx" | "history" | "curve" | "state";

/** What a table's content is: the bytes of a file, columns that Python has read, or examples
 * that a notebook has, which are learned from as they are.
 */
export type TableForm = "file" | "columns" | "examples";

/** The person's own table: a file that was dropped, or what `walnet play FILE` has read. */
export interface GiveTable {
  type: "table";
  name: string;
  content: Blob;
  form: TableForm;
  /** What is to be told of it; without one, the last column. */
  target?: string;
}

export interface Welcome {
  type: "welcome";
  state: PlaygroundState;
  file: FileChoice;
  file_columns: ColumnInfo[];
}

export interface ColumnInfo {
  name: string;
  kind: string;
  missing: number;
  usable: boolean;
}

export interface DataInfo {
  type: "data";
  task: "classification" | "regression";
  /** What the network takes: features, then what is derived of them. */
  inputs: string[];
  features: string[];
  classes: string[];
  target: string;
  n_train: number;
  n_test: number;
  n_shown: number;
  x_label: string;
  y_label: string;
  x_range: [number, number];
  y_range: [number, number];
  layer_sizes: number[];
  activations: string[];
  cost: string;
  iterations_per_epoch: number;
  notes: string[];
  /** Features that the map does not vary: it is a slice through these values. */
  held: HeldFeature[];
  /** Grows with every other network: frames of another one are not of this. */
  shape: number;
}

export interface HeldFeature {
  feature: number;
  value: number;
  low: number;
  high: number;
}

export interface RunInfo {
  type: "run";
  run: RunState;
  /** What holds now. */
  network: NetworkState;
  training: TrainingChoice;
  furthest: number;
  playing: boolean;
  branched: boolean;
  /** Why training stopped by itself. */
  stopped: Said | null;
  /** What was changed, where the run had to start anew because of it. */
  anew: Anew;
}

export type Anew = "" | "data" | "seed" | "initializer" | "learning_rate" | "network" | "training" | "events";

/** A sentence of the catalogue by its name, and what it speaks of. */
export interface Said {
  key: keyof Sentences;
  values: (string | number)[];
}

export interface Problem {
  type: "problem";
  message: string;
  /** What the message is in any language; null where it is of one only. */
  said: Said | null;
  kind: "diverged" | "limit" | "message" | "state";
  iteration: number | null;
  layer: number | null;
}

export interface TraceInfo {
  type: "trace";
  iteration: number;
  /** The row of the training data that is followed. */
  example: number;
  /** The rows of the batch, in its order. */
  batch: number[];
  layer: number;
  neuron: number;
  taking_part: boolean;
  inputs: number[];
  targets: number[];
  /** Of each layer, for the example: activations, and the error dZ. */
  activations: number[][];
  errors: number[][];
  /** J of the batch. */
  cost: number;
  /** Of all parameters: the gradient that is used, and the values before and after. */
  gradient: Float32Array;
  parameters: Float32Array;
  updated: Float32Array;
  stages: WrittenStage[];
}

export interface WrittenStage {
  name: "back_propagation" | "cost" | "feed_forward" | "update";
  lines: WrittenLine[];
}

export interface WrittenLine {
  left: string;
  becomes: boolean;
  symbols: string[];
  numbers: [string, string][];
  note: string;
  base: string;
  below: number[];
  layer: number;
}

export interface NudgeInfo {
  type: "nudge";
  layer: number;
  neuron: number;
  input: number;
  name: string;
  h: number;
  cost_up: number;
  cost_down: number;
  numeric: number;
  analytic: number;
  agrees: boolean;
}

export interface ProbeInfo {
  type: "probe";
  x: number;
  y: number;
  inputs: number[];
  activations: number[][];
}

export interface DescentInfo {
  type: "descent";
  index: number;
  iteration: number;
  /** Where the parameter is, the cost there, and its derivative. */
  value: number;
  cost: number;
  slope: number;
  /** Where gradient descent on these rows would lead: value - learning rate · slope. */
  next: number;
  next_cost: number;
  values: number[];
  costs: number[];
  rows: number;
}

export interface RowInfo {
  row: number;
  features: number[];
  /** A class, counted from 0, or a number. */
  label: number;
  prediction: number;
  /** The network's outputs. */
  outputs: number[];
  /** Of numbers: prediction - label. Of classes: 1 - what the label's class was given. */
  error: number;
  cost: number;
}

export interface RowsInfo {
  type: "rows";
  set: SetName;
  iteration: number;
  total: number;
  first: number;
  rows: RowInfo[];
}

/** Of a layer and one example: weighted inputs, activations, and the cost's derivatives in both. */
export interface LayerWay {
  Z: number[];
  A: number[];
  dA: number[];
  dZ: number[];
}

export interface ExampleInfo extends RowInfo {
  type: "example";
  set: SetName;
  iteration: number;
  inputs: number[];
  layers: LayerWay[];
  /** The derivative of this example's cost by every parameter: the larger, the more to blame. */
  gradient: number[];
}

export interface BatchInfo {
  type: "batch";
  iteration: number;
  size: number;
  /** Training rows of the batch in order, at most 100; what follows is of each of them. */
  rows: number[];
  labels: number[];
  predictions: number[];
  costs: number[];
  /** J of the whole batch, and what penalties add to it. */
  cost: number;
  penalty: number;
  /** The row that is followed. */
  row: number;
  inputs: number[];
  layers: LayerWay[];
  /** Of each parameter: its derivative as the update uses it, what the followed row adds to it, new - old. */
  gradient: number[];
  share: number[];
  update: number[];
}

export interface FileInfo {
  type: "file";
  kind: FileKind;
  name: string;
  media: string;
  content: string | Uint8Array<ArrayBuffer>;
  /** Another file that belongs to it; empty where there is none. */
  beside: FileKind | "";
}

export interface Status {
  type: "status";
  said: Said | null;
}

export type ClientMessage =
  | Hello
  | SetState
  | Look
  | StopWhen
  | Play
  | Pause
  | Step
  | Seek
  | Reset
  | Change
  | NextFrame
  | Trace
  | Nudge
  | Probe
  | Surface
  | Descent
  | Rows
  | Example
  | Batch
  | Export;

export type ServerMessage =
  | Welcome
  | DataInfo
  | RunInfo
  | Problem
  | TraceInfo
  | NudgeInfo
  | ProbeInfo
  | DescentInfo
  | RowsInfo
  | ExampleInfo
  | BatchInfo
  | FileInfo
  | Status;

export const HEADER = [
  "kind",
  "n_sections",
  "iteration",
  "epoch",
  "furthest",
  "train_cost",
  "test_cost",
  "train_accuracy",
  "test_accuracy",
  "learning_rate",
  "iterations_per_second",
  "playing",
  "map_side",
  "boundary_side",
  "generation",
  "shape",
  "train_r2",
  "test_r2",
  "train_rmse",
  "test_rmse",
] as const;

export const KINDS = [
  "frame",
  "data",
  "surface",
  "curve",
] as const;

export const SECTIONS = [
  "parameters",
  "maps",
  "map_scales",
  "boundary",
  "confidence",
  "predictions",
  "neurons",
  "gradients",
  "train_points",
  "train_targets",
  "test_points",
  "test_targets",
  "curve",
  "surface",
  "path",
  "extent",
  "train_rows",
  "train_confusion",
  "test_confusion",
] as const;

export const TYPES = [
  "uint8",
  "float32",
  "float64",
] as const;

export const DECAYING: readonly string[] = ["adamw"];

export const COST_OUTPUTS: Record<string, readonly string[]> = {
  "poisson": [
    "exponential",
    "softplus",
    "sigmoid"
  ],
  "binary_cross_entropy": [
    "sigmoid"
  ],
  "categorical_cross_entropy": [
    "softmax"
  ]
};

export const DEFAULT_STATE: PlaygroundState = {
  "data": {
    "source": "circles",
    "size": 500,
    "noise": 0.1,
    "classes": 3,
    "test_share": 0.5,
    "seed": 0,
    "points": [],
    "drawn_task": "classification",
    "derived": [],
    "file": {
      "name": "",
      "sha256": "",
      "target": "",
      "columns": [],
      "task": "auto"
    }
  },
  "network": {
    "layers": [
      {
        "neurons": 4,
        "activation": "tanh",
        "dropout": 0.0
      },
      {
        "neurons": 2,
        "activation": "tanh",
        "dropout": 0.0
      }
    ],
    "initializer": "auto",
    "seed": 0
  },
  "training": {
    "cost": "auto",
    "learning_rate": 0.1,
    "batch_size": 10,
    "optimizer": "gradient_descent",
    "l1": 0.0,
    "l2": 0.0,
    "weight_decay": 0.01,
    "seed": 0
  },
  "stop": {
    "cost": 0.0,
    "accuracy": 0.0,
    "epochs": 0
  },
  "run": {
    "iteration": 0,
    "events": [],
    "start": null
  },
  "view": {
    "screen": "play",
    "axis_x": 0,
    "axis_y": 1,
    "components": false,
    "slice": [],
    "discretize": false,
    "show_test": false,
    "log_cost": false,
    "decimals": 3,
    "example": 0,
    "hidden": []
  }
};
