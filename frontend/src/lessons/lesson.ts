import type { LayerState, TrainingChoice } from "../protocol/state";
import type { Expression } from "./expression.ts";
import type { Span } from "./inline.ts";
import type { Tex } from "./tex.ts";

/** The pictures that can stand beside a lesson's text. */
export const PANELS = [
  "network",
  "neuron",
  "activation",
  "map",
  "labels",
  "table",
  "terms",
  "curve",
  "descent",
] as const;
export type Panel = (typeof PANELS)[number];

/** What a lesson lets its reader change. */
export const CONTROLS = [
  "play",
  "step",
  "reset",
  "seed",
  "rate",
  "speed",
  "layers",
  "activation",
  "weights",
  "rewind",
  "batch",
  "optimizer",
  "l2",
  "rows",
  "test",
] as const;
export type Control = (typeof CONTROLS)[number];

/** What a lesson puts on the page: data, a network and how it is trained. */
export interface Setup {
  /** A data set of the page, a table of the lessons, or `table`: the file's own. */
  data: string;
  /** Rows of the file's own table: two features and a label. */
  table: [number, number, number][];
  rows: number;
  noise: number;
  data_seed: number;
  test_share: number;
  features: string[];
  labels: string[];
  layers: LayerState[];
  /** Weights and biases at the start, in the order of the parameters; empty: random. */
  weights: number[];
  seed: number;
  cost: TrainingChoice["cost"];
  learning_rate: number;
  batch: number;
  optimizer: TrainingChoice["optimizer"];
  /** Epochs a second; 0 is as fast as it goes. */
  speed: number;
  /** The row, counted from 1, whose numbers stand in the formulas. */
  follow: number;
  /** The neuron whose numbers stand in the formulas: its layer and its place, from 1. */
  neuron: [number, number] | null;
}

export type Block =
  | { kind: "heading"; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "list"; ordered: boolean; items: Span[][] }
  | { kind: "formula"; lines: Tex[] }
  | { kind: "note"; blocks: Block[] };

export interface Step {
  spans: Span[];
  check: Expression;
}

export interface Task {
  spans: Span[];
  /** To be done in this order. */
  steps: Step[];
  hint: Span[];
  solution: Span[];
}

export interface Lesson {
  id: string;
  title: string;
  minutes: number;
  setup: Setup;
  show: Panel[];
  controls: Control[];
  blocks: Block[];
  task: Task | null;
}

/** What can be wrong with a lesson's file; the sentences are in the catalogue of texts. */
export type Trouble =
  | "tooLarge"
  | "noFrontMatter"
  | "noTitle"
  | "notASetting"
  | "notAValue"
  | "twice"
  | "notADirective"
  | "notClosed"
  | "notAllWeights"
  | "notARow"
  | "notAFormula"
  | "notACheck"
  | "unknownName"
  | "tooMany"
  | "noSteps";

export class LessonError extends Error {
  readonly line: number;
  readonly trouble: Trouble;
  /** What came instead, or what there should be, short. */
  readonly found: string;

  constructor(line: number, trouble: Trouble, found = "") {
    super(`line ${line}: ${trouble} ${found}`);
    this.line = line;
    this.trouble = trouble;
    this.found = found.length > 60 ? `${found.slice(0, 57)} …` : found;
  }
}
