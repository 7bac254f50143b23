import type { DataState, PlaygroundState, TrainingChoice } from "../protocol/state";

/** What the choices are called on the page. */
export const SOURCES: readonly DataState["source"][] = [
  "circles",
  "moons",
  "xor",
  "spirals",
  "gaussians",
  "blobs",
  "plane",
  "bumpy",
  "sine",
];

export const ACTIVATIONS = [
  ["tanh", "tanh"],
  ["relu", "ReLU"],
  ["sigmoid", "sigmoid"],
  ["identity", "identity"],
  ["leaky_relu", "leaky ReLU"],
  ["elu", "ELU"],
  ["selu", "SELU"],
  ["gelu", "GELU"],
  ["silu", "SiLU"],
  ["mish", "Mish"],
  ["softplus", "softplus"],
] as const;

export const COSTS: readonly (readonly [TrainingChoice["cost"], string])[] = [
  ["auto", "what fits the data"],
  ["mse", "mean squared error"],
  ["mae", "mean absolute error"],
  ["huber", "Huber"],
  ["binary_cross_entropy", "binary cross-entropy"],
  ["categorical_cross_entropy", "cross-entropy"],
];

export const COST_NAMES: Record<string, string> = Object.fromEntries(COSTS);

export const OPTIMIZERS: readonly (readonly [TrainingChoice["optimizer"], string])[] = [
  ["gradient_descent", "gradient descent"],
  ["momentum", "momentum"],
  ["nesterov", "Nesterov"],
  ["rmsprop", "RMSprop"],
  ["adam", "Adam"],
  ["adamw", "AdamW"],
];

export const INITIALIZERS: readonly (readonly [PlaygroundState["network"]["initializer"], string])[] = [
  ["auto", "what fits the activation"],
  ["glorot", "Glorot"],
  ["he", "He"],
  ["lecun", "LeCun"],
  ["normal", "normal"],
  ["uniform", "uniform"],
  ["zeros", "zeros"],
];

export const BATCHES: readonly (readonly [number, string])[] = [
  [1, "1"],
  [5, "5"],
  [10, "10"],
  [20, "20"],
  [30, "30"],
  [50, "50"],
  [100, "100"],
  [0, "all rows"],
];

/** Epochs a second. */
export const SPEEDS = [1, 10, 100, 1000, 0] as const;

/** A number as a person reads it. */
export function readable(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4)) return value.toExponential(2);
  return String(+value.toPrecision(digits));
}

export function whole(value: number): string {
  // Not toLocaleString: to load its tables holds the first picture up for a tenth of a second.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : "–";
}
