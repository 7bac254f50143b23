import { facts } from "./facts.ts";
import type { Kernels, Numbers, Reals, Records } from "./kernels.ts";
import type { Layer } from "./layout.ts";

const ROWS = BigInt(facts.streams.rows);
const DIRECTIONS = BigInt(facts.streams.directions);

/** The 64 bits that all randomness of a seed comes from. */
export function keyOf(kernels: Kernels, seed: number): bigint {
  return kernels.call("key_of", seed)[0] as bigint;
}

/** Draw a network's weights and biases by a rule; "auto" takes each activation's own. */
export function drawParameters(
  kernels: Kernels,
  records: Records,
  layers: Layer[],
  rule: { initializer: string; seed: number },
  parameters: Numbers<Reals>,
): void {
  const key = keyOf(kernels, rule.seed);
  layers.forEach(({ activation }, number) => {
    const name = rule.initializer === "auto" ? facts.activations[activation].initializer : rule.initializer;
    kernels.call("draw_layer", records, number, facts.initializers[name], key, parameters);
  });
}

/** The numbers 0 … n - 1 in a random order: which rows to train on, say. */
export function drawOrder(kernels: Kernels, seed: number, n: number, group = 0): number[] {
  return kernels.within(() => {
    const order = kernels.wholes(n);
    kernels.call("draw_order", keyOf(kernels, seed), ROWS + BigInt(group), order);
    return Array.from(order.data, Number);
  });
}

/** Normal numbers for directions in the space of parameters. */
export function drawDirections(kernels: Kernels, seed: number, n: number): Float64Array {
  return kernels.within(() => {
    const out = kernels.doubles(n);
    kernels.call("draw_normal", keyOf(kernels, seed), DIRECTIONS, 0, 1, out);
    return out.data.slice();
  });
}

export interface Examples {
  /** (n, features), row by row. */
  X: Float64Array;
  /** The class of each example, counted from 0, or its number. */
  y: Float64Array;
  n: number;
}

/** A data set of `walnet.datasets`: the same arguments give the same bits. */
export function drawDataset(
  kernels: Kernels,
  name: string,
  {
    n,
    noise,
    seed,
    classes = facts.datasets[name].classes,
  }: { n: number; noise: number; seed: number; classes?: number },
): Examples {
  const { code, task, features } = facts.datasets[name];
  return kernels.within(() => {
    const X = kernels.doubles(n, features.length);
    const key = keyOf(kernels, seed);
    if (task === "regression") {
      const y = kernels.doubles(n);
      kernels.call("draw_heights", code, noise, key, X, y);
      return { X: X.data.slice(), y: y.data.slice(), n };
    }
    const labels = kernels.wholes(n);
    kernels.call("draw_classes", code, classes, noise, key, X, labels);
    return { X: X.data.slice(), y: Float64Array.from(labels.data, Number), n };
  });
}

/** The sine of each number, as the kernels work it out. */
export function sines(kernels: Kernels, values: Float64Array): Float64Array {
  return kernels.within(() => {
    const [x, out] = [kernels.doubles(values.length), kernels.doubles(values.length)];
    x.data.set(values);
    kernels.call("sines", x, out);
    return out.data.slice();
  });
}
