import type { DataState, LayerState, TrainingChoice } from "../protocol/state";

/** A network and its training that suit a data set: with them it is learned well within a minute. */
interface Start {
  layers: [LayerState["activation"], ...number[]] | [];
  optimizer?: TrainingChoice["optimizer"];
  learning_rate: number;
}

const STARTS: Partial<Record<DataState["source"], Start>> = {
  circles: { layers: ["tanh", 4, 2], learning_rate: 0.1 },
  moons: { layers: ["tanh", 6], learning_rate: 0.3 },
  xor: { layers: ["tanh", 4], learning_rate: 0.3 },
  spirals: { layers: ["relu", 16, 16], optimizer: "adam", learning_rate: 0.005 },
  gaussians: { layers: [], learning_rate: 0.1 },
  blobs: { layers: ["tanh", 4], learning_rate: 0.1 },
  plane: { layers: [], learning_rate: 0.03 },
  bumpy: { layers: ["tanh", 16, 8], optimizer: "adam", learning_rate: 0.01 },
  sine: { layers: ["tanh", 8], learning_rate: 0.05 },
};

export interface FittingStart {
  layers: LayerState[];
  training: Pick<TrainingChoice, "optimizer" | "learning_rate">;
}

/** What a data set is best begun with; null where nobody knows. */
export function fittingStart(source: DataState["source"]): FittingStart | null {
  const start = STARTS[source];
  if (!start) return null;
  const [activation, ...sizes] = start.layers;
  const layers = sizes.map((neurons) => ({ neurons, activation: activation ?? "tanh", dropout: 0 }));
  return {
    layers,
    training: { optimizer: start.optimizer ?? "gradient_descent", learning_rate: start.learning_rate },
  };
}
