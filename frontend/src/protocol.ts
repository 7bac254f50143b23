// What the page and its worker say to each other.

export const MAX_MESSAGE_BYTES = 65536;

export const PROTOCOL = 1;

export const MAX_LAYERS = 8;

export const MAX_NEURONS = 32;

export const MAX_CLASSES = 8;

export const MAX_DRAWN = 1000;

export const MAX_PARAMETER = 1000000.0;

export const LOGGED_EPOCHS = 131072;

export const CURVE_POINTS = 2048;

export interface Hello {
  type: "hello";
  protocol: number;
  session?: string;
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
}

export interface RunEvent {
  iteration: number;
  kind: "learning_rate" | "parameter";
  value: number;
  index: number;
}

export interface ViewState {
  screen: "compare" | "learn" | "play" | "step" | "take_away";
  axis_x: number;
  axis_y: number;
  components: boolean;
  discretize: boolean;
  show_test: boolean;
  log_cost: boolean;
  decimals: 3 | 6 | 17;
  example: number;
}

export interface SetState {
  type: "set_state";
  state: PlaygroundState;
}

export interface Play {
  type: "play";
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

export interface Change {
  type: "change";
  kind: "learning_rate" | "parameter";
  value: number;
  index?: number;
}

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

export interface Welcome {
  type: "welcome";
  session: string;
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
  inputs: string[];
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
}

export interface RunInfo {
  type: "run";
  run: RunState;
  furthest: number;
  playing: boolean;
  branched: boolean;
  stopped: string;
}

export interface Problem {
  type: "problem";
  message: string;
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
  facts: string[];
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

export interface Status {
  type: "status";
  message: string;
}

export type ClientMessage =
  | Hello
  | SetState
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
  | Surface;

export type ServerMessage =
  | Welcome
  | DataInfo
  | RunInfo
  | Problem
  | TraceInfo
  | NudgeInfo
  | ProbeInfo
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
    "events": []
  },
  "view": {
    "screen": "play",
    "axis_x": 0,
    "axis_y": 1,
    "components": false,
    "discretize": false,
    "show_test": false,
    "log_cost": false,
    "decimals": 3,
    "example": 0
  }
};
