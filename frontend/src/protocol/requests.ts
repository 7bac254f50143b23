// What the page asks of the experiment in its worker.
import type { Intervention, PlaygroundState, StopChoice, ViewState } from "./state.ts";

export const PROTOCOL = 2;

export interface Hello {
  type: "hello";
  protocol: number;
  state?: PlaygroundState | null;
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
