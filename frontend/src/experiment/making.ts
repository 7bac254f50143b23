import { costFits, decays } from "../engine/facts.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { NetworkSpec } from "../engine/layout.ts";
import { Network } from "../engine/network.ts";
import { Training, type TrainingSettings } from "../engine/training.ts";
import type { Choice } from "../protocol/state.ts";
import type { Data } from "./data.ts";

/** Makes a network and its training, at their start. */
export type Make = (choice: Choice) => Training;

/** A maker for some examples; each training has kernels, and so memory, of its own. */
export function maker(kernels: Kernels, data: Data): Make {
  return (choice) => {
    const network = makeNetwork(kernels.fresh(), data, choice);
    const { X, Y } = data.train;
    return new Training(network, X.values, Y.values, X.rows, settingsOf(data, choice));
  };
}

export function makeNetwork(kernels: Kernels, data: Data, { network }: Choice): Network {
  return new Network(kernels, specOf(data, network));
}

/** What a network is made of that fits the data. */
export function specOf(data: Data, { layers, initializer, seed }: Choice["network"]): NetworkSpec {
  return {
    sizes: [data.inputs.length, ...layers.map((layer) => layer.neurons), data.nOutputs],
    activations: layers.map((layer) => layer.activation),
    output: data.outputLayer.activation,
    initializer,
    seed,
  };
}

/** The cost that holds: the chosen one where it can be had with the output layer. */
function costOf(data: Data, { training }: Choice): string {
  const { activation, cost } = data.outputLayer;
  return training.cost !== "auto" && costFits(training.cost, activation) ? training.cost : cost;
}

export function settingsOf(data: Data, choice: Choice): TrainingSettings {
  const { training, network } = choice;
  return {
    cost: costOf(data, choice),
    learningRate: training.learning_rate,
    batchSize: Math.min(training.batch_size, data.train.X.rows),
    optimizer: training.optimizer,
    l1: training.l1,
    l2: training.l2,
    weightDecay: decays(training.optimizer) ? training.weight_decay : null,
    dropout: network.layers.map((layer) => layer.dropout),
    seed: training.seed,
  };
}
