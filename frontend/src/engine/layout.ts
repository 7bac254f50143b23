import { facts } from "./facts.ts";
import type { Kernels, Numbers, Reals, Records, Structure } from "./kernels.ts";

export interface NetworkSpec {
  /** Neurons of the input, of each hidden layer, and of the output. */
  sizes: number[];
  /** Of the hidden layers. */
  activations: string[];
  /** Activation of the output layer. */
  output: string;
  initializer: string;
  seed: number;
}

/** Where a dense layer's parameters and neurons stand in the flat arrays. */
export interface Layer {
  nIn: number;
  nOut: number;
  /** First neuron of what it reads and of what it writes. */
  source: number;
  target: number;
  /** Where W (n_out, n_in) begins in the parameters, then b (n_out,). */
  weights: number;
  biases: number;
  activation: string;
}

/** Lay dense layers out one after the other, as `walnet.engine.layout` does. */
export function layOut({ sizes, activations, output }: NetworkSpec): Layer[] {
  const layers: Layer[] = [];
  let [source, parameters] = [0, 0];
  for (let l = 1; l < sizes.length; l++) {
    const [nIn, nOut] = [sizes[l - 1], sizes[l]];
    const weights = parameters;
    const biases = weights + nIn * nOut;
    const target = source + nIn;
    const activation = l < sizes.length - 1 ? activations[l - 1] : output;
    layers.push({ nIn, nOut, source, target, weights, biases, activation });
    source = target;
    parameters = biases + nOut;
  }
  return layers;
}

/** The layers as kernels read them. */
export function layerRecords(kernels: Kernels, layers: Layer[], dropout: number[] = []): Records {
  return kernels.records(
    "LAYER",
    layers.map((layer, i) => ({
      kind: 0, // dense
      n_in: layer.nIn,
      n_out: layer.nOut,
      source: layer.source,
      target: layer.target,
      activation: facts.activations[layer.activation].code,
      weights: layer.weights,
      n_weights: layer.nIn * layer.nOut,
      biases: layer.biases,
      slopes: -1,
      gammas: -1,
      dropout: dropout[i] ?? 0,
    })),
  );
}

export function countNeurons(layers: Layer[]): number {
  const last = layers[layers.length - 1];
  return last.target + last.nOut;
}

export function countParameters(layers: Layer[]): number {
  const last = layers[layers.length - 1];
  return last.biases + last.nOut;
}

/** Buffers for batches of at most `capacity` examples, there and back. */
export interface Workspace extends Structure {
  capacity: number;
  A: Numbers<Reals>;
  Z: Numbers<Reals>;
  dZ: Numbers<Reals>;
}

export function makeWorkspace(kernels: Kernels, layers: Layer[], capacity: number, drops = false): Workspace {
  const n = countNeurons(layers) * capacity;
  const outputs = layers[layers.length - 1].nOut;
  // Costs and softmax take up to four numbers an example from the widest buffer.
  const widest = Math.max(4, ...layers.flatMap((layer) => [layer.nIn, layer.nOut]));
  const none = kernels.reals(0);
  const [A, Z, dZ] = [kernels.reals(n), kernels.reals(n), kernels.reals(n)];
  const made = kernels.structure("Workspace", {
    capacity,
    A,
    Z,
    G: drops ? kernels.reals(n) : A,
    dZ,
    masks: kernels.reals(drops ? n : 0),
    hat: none,
    cosines: none,
    dA: kernels.reals(widest * capacity),
    panels: kernels.reals(Math.max(...layers.map((layer) => panelRoom(kernels, layer, capacity)))),
    deviation: kernels.doubles(0),
    zeros: none,
    codes: kernels.codes(0),
    Y: kernels.reals(outputs * capacity),
    w: kernels.reals(capacity),
  });
  return { ...made, capacity, A, Z, dZ };
}

/** How many numbers the panels of a layer's three products take. */
function panelRoom(kernels: Kernels, { nIn, nOut }: Layer, m: number): number {
  const wide = facts.panels.vector_bytes / (kernels.precision === "float32" ? 4 : 8);
  const back = nOut * wide * Math.ceil(m / wide) + nOut * facts.panels.strip;
  return Math.max(nIn * wide, back, m * wide);
}

/** A layer's part of a buffer, row by row: (examples, neurons). */
export function rowsOf(buffer: Reals, layer: Layer, capacity: number, m: number): Reals {
  const from = layer.target * capacity;
  const rows = buffer.slice(0, m * layer.nOut);
  for (let k = 0; k < layer.nOut; k++) {
    for (let i = 0; i < m; i++) rows[i * layer.nOut + k] = buffer[from + k * m + i];
  }
  return rows;
}
