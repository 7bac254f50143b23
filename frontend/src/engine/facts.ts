// What the page takes over from walnet's sources: see tools/page_facts.py.
import written from "./facts.json" with { type: "json" };

interface Entry {
  /** The letters of the answer's numbers: q whole, d float64, Q 64 bits. */
  answer: string;
  /** "real 2", "int64 1": an array; "&Plan": a structure; "*RULE": a record; else letters. */
  arguments: string[];
}

interface RecordLayout {
  size: number;
  /** Of each field where it begins, and its letter. */
  fields: Record<string, [number, string]>;
}

export interface ActivationFacts {
  code: number;
  /** g(z), and g′(z) from z and a = g(z), in walnet's language of formulas. */
  formula: string;
  slope: string;
  initializer: string;
  /** The range of its values; null where it has no end. */
  low: number | null;
  high: number | null;
  onnx: string;
}

export interface CostFacts {
  code: number;
  /** Activations of the output layer that it can read; empty for any. */
  outputs: string[];
  sums_outputs: boolean;
  /** The letter of its parameter. */
  letter: string;
  /** The cost of one output. */
  value: string;
  /** dZ of an output where the cost is fused with the activation, else its derivative by a. */
  error: string;
  fused: boolean;
  /** Whether only outputs whose target is not 0 cost anything. */
  of_labels: boolean;
}

export interface OptimizerFacts {
  code: number;
  memory: number;
  beta_2: number;
  weight_decay: number;
  /** The new value of a parameter w, and what is worked out before: names and formulas. */
  step: string;
  lines: [string, string][];
  /** What its memory is called. */
  kept: string[];
}

export interface SettingFacts {
  default: number | null;
  /** What kernels read where it has no effect; "Infinity" is text in JSON. */
  off: number | string;
  in_rule: boolean;
}

export interface DatasetFacts {
  code: number;
  task: "classification" | "regression";
  features: string[];
  target: string;
  /** How many there are by default; 0 of numbers. */
  classes: number;
}

interface Facts {
  entries: Record<string, Entry>;
  structures: Record<string, Record<string, string>>;
  records: Record<string, RecordLayout>;
  panels: { vector_bytes: number; strip: number };
  shards: { from: number; most: number };
  initializers: Record<string, number>;
  /** Numbers beyond 2^53, as text. */
  streams: { rows: string; directions: string };
  datasets: Record<string, DatasetFacts>;
  activations: Record<string, ActivationFacts>;
  costs: Record<string, CostFacts>;
  optimizers: Record<string, OptimizerFacts>;
  settings: Record<string, SettingFacts>;
  /** How names that are worked out on the way are printed. */
  hats: Record<string, string>;
}

export const facts = written as unknown as Facts;

/** Whether an update rule has a weight decay of its own. */
export function decays(optimizer: string): boolean {
  return facts.optimizers[optimizer].weight_decay > 0;
}

/** Whether a cost can be had with an output activation. */
export function costFits(cost: string, output: string): boolean {
  const { outputs } = facts.costs[cost];
  return outputs.length === 0 || outputs.includes(output);
}
