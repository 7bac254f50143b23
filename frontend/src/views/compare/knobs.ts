import type { PlaygroundState } from "../../protocol/state";
import { ACTIVATIONS, BATCHES, INITIALIZERS, OPTIMIZERS } from "../../state/words";

/** One thing in which the second run differs from the first. */
export interface Knob {
  id: string;
  name: string;
  options: readonly (readonly [string, string])[];
  get: (state: PlaygroundState) => string;
  set: (state: PlaygroundState, value: string) => void;
}

const texts = (values: readonly (string | number)[]) => values.map((value) => [String(value), String(value)] as const);

export const KNOBS: Knob[] = [
  {
    id: "learning_rate",
    name: "Learning rate",
    options: texts([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]),
    get: (s) => String(s.training.learning_rate),
    set: (s, v) => (s.training.learning_rate = Number(v)),
  },
  {
    id: "optimizer",
    name: "Update",
    options: OPTIMIZERS,
    get: (s) => s.training.optimizer,
    set: (s, v) => (s.training.optimizer = v as typeof s.training.optimizer),
  },
  {
    id: "batch_size",
    name: "Batch size",
    options: BATCHES.map(([value, text]) => [String(value), text] as const),
    get: (s) => String(s.training.batch_size),
    set: (s, v) => (s.training.batch_size = Number(v)),
  },
  {
    id: "activation",
    name: "Activation",
    options: ACTIVATIONS,
    get: (s) => s.network.layers[0]?.activation ?? "tanh",
    set: (s, v) => s.network.layers.forEach((layer) => (layer.activation = v as typeof layer.activation)),
  },
  {
    id: "neurons",
    name: "Neurons of the first layer",
    options: texts([1, 2, 3, 4, 6, 8, 12, 16, 24, 32]),
    get: (s) => String(s.network.layers[0]?.neurons ?? 0),
    set: (s, v) => {
      if (s.network.layers[0]) s.network.layers[0].neurons = Number(v);
      else s.network.layers.push({ neurons: Number(v), activation: "tanh", dropout: 0 });
    },
  },
  {
    id: "layers",
    name: "Hidden layers",
    options: texts([0, 1, 2, 3, 4, 5, 6, 7, 8]),
    get: (s) => String(s.network.layers.length),
    set: (s, v) => {
      const model = s.network.layers.at(-1) ?? { neurons: 4, activation: "tanh" as const, dropout: 0 };
      s.network.layers = Array.from({ length: Number(v) }, (_, i) => ({ ...(s.network.layers[i] ?? model) }));
    },
  },
  {
    id: "l2",
    name: "L2 penalty",
    options: texts([0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]),
    get: (s) => String(s.training.l2),
    set: (s, v) => (s.training.l2 = Number(v)),
  },
  {
    id: "dropout",
    name: "Dropout",
    options: texts([0, 0.1, 0.2, 0.3, 0.5]),
    get: (s) => String(s.network.layers[0]?.dropout ?? 0),
    set: (s, v) => s.network.layers.forEach((layer) => (layer.dropout = Number(v))),
  },
  {
    id: "initializer",
    name: "Start",
    options: INITIALIZERS,
    get: (s) => s.network.initializer,
    set: (s, v) => (s.network.initializer = v as typeof s.network.initializer),
  },
  {
    id: "seed",
    name: "Seed",
    options: texts([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    get: (s) => String(s.network.seed),
    set: (s, v) => (s.network.seed = s.training.seed = Number(v)),
  },
];
