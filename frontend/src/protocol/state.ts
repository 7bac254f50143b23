// What the page looks like and where its run is: all that a link holds.
import type { ACTIVATIONS, COSTS, INITIALIZERS, OPTIMIZERS, SOURCES } from "./choices.ts";

export interface PlaygroundState {
  data: DataState;
  network: NetworkState;
  training: TrainingChoice;
  stop: StopChoice;
  run: RunState;
  view: ViewState;
}

export interface DataState {
  source: (typeof SOURCES)[number];
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
  initializer: (typeof INITIALIZERS)[number];
  seed: number;
}

export interface LayerState {
  neurons: number;
  activation: (typeof ACTIVATIONS)[number];
  dropout: number;
}

export interface TrainingChoice {
  cost: (typeof COSTS)[number];
  learning_rate: number;
  batch_size: number;
  optimizer: (typeof OPTIMIZERS)[number];
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

export const DEFAULT_STATE: PlaygroundState = {
  data: {
    source: "circles",
    size: 500,
    noise: 0.1,
    classes: 3,
    test_share: 0.5,
    seed: 0,
    points: [],
    drawn_task: "classification",
    derived: [],
    file: {
      name: "",
      sha256: "",
      target: "",
      columns: [],
      task: "auto",
    },
  },
  network: {
    layers: [
      {
        neurons: 4,
        activation: "tanh",
        dropout: 0.0,
      },
      {
        neurons: 2,
        activation: "tanh",
        dropout: 0.0,
      },
    ],
    initializer: "auto",
    seed: 0,
  },
  training: {
    cost: "auto",
    learning_rate: 0.1,
    batch_size: 10,
    optimizer: "gradient_descent",
    l1: 0.0,
    l2: 0.0,
    weight_decay: 0.01,
    seed: 0,
  },
  stop: {
    cost: 0.0,
    accuracy: 0.0,
    epochs: 0,
  },
  run: {
    iteration: 0,
    events: [],
    start: null,
  },
  view: {
    screen: "play",
    axis_x: 0,
    axis_y: 1,
    components: false,
    slice: [],
    discretize: false,
    show_test: false,
    log_cost: false,
    decimals: 3,
    example: 0,
    hidden: [],
  },
};
