// What the experiment in its worker answers.
import type { Sentences } from "../texts/sentences/en.ts";
import type { FileChoice, NetworkState, PlaygroundState, RunState, TrainingChoice } from "./state.ts";
import type { FileKind, SetName } from "./requests.ts";

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
