// How frames, which are bytes, are laid out.

export const HEADER = [
  "kind",
  "n_sections",
  "iteration",
  "epoch",
  "goal",
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

export const KINDS = ["frame", "data", "surface", "curve"] as const;

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

export const TYPES = ["uint8", "float32", "float64"] as const;
