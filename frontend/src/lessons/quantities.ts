/** The quantities of a running network that formulas and checks may name. */
const PLAIN = [
  // What was typed or done by the reader.
  "answer",
  "trained",
  "edited",
  // The run.
  "J",
  "J_test",
  "J_start",
  "eta",
  "epoch",
  "iteration",
  "furthest",
  "playing",
  "diverged",
  "exploded_at",
  "accuracy",
  "test_accuracy",
  "right",
  "wrong",
  // The network.
  "m",
  "inputs",
  "layers",
  "neurons",
  "parameters",
  "bends",
  "dead",
  // The neuron and the row that are followed.
  "z",
  "a",
  "b",
  "c",
  "y_orig",
  "y_pred",
  "dJ_db",
  "dc_db",
  "dc_da",
  "dc_dz",
  "da_dz",
  "dz_db",
] as const;
/** Those that are counted: w_1, x_2, c_3. */
const COUNTED = ["w", "x", "a", "c", "y_orig", "y_pred", "dz_dw", "dc_dw", "dJ_dw"] as const;

/** What checks may call beside arithmetic: see `check.ts`. */
export const FUNCTION_NAMES = ["abs", "exp", "ln", "sqrt", "tanh", "min", "max", "near", "picked", "network", "or"];

export type Quantities = Record<string, number>;

export function isName(name: string): boolean {
  if ((PLAIN as readonly string[]).includes(name)) return true;
  const counted = /^(.+)_\d{1,4}$/.exec(name);
  return counted !== null && (COUNTED as readonly string[]).includes(counted[1]);
}
