// One iteration as names with numbers: what every formula of it is made of.
import { facts } from "../engine/facts.ts";
import type { Iteration } from "../engine/iteration.ts";
import type { Layer } from "../engine/layout.ts";
import type { Training } from "../engine/training.ts";
import { Name } from "./expressions.ts";

export const J = new Name("J", 0);

/** Names the quantities of an iteration. Layers, neurons, inputs and examples count from 0
 * here; where they are printed, from 1. */
export class Pass {
  readonly iteration: Iteration;
  readonly training: Training;
  readonly layers: Layer[];

  constructor(training: Training, iteration: Iteration) {
    this.training = training;
    this.iteration = iteration;
    this.layers = training.network.layers;
  }

  get last(): number {
    return this.layers.length - 1;
  }

  /** Examples of the batch. */
  get m(): number {
    return this.iteration.batch.length;
  }

  get cost() {
    return facts.costs[this.training.settings.cost];
  }

  weight(l: number, j: number, k: number): Name {
    const { weights, nIn } = this.layers[l];
    return new Name("w", this.iteration.before.parameters[weights + j * nIn + k], [j + 1, k + 1], l + 1);
  }

  bias(l: number, j: number): Name {
    return new Name("b", this.iteration.before.parameters[this.layers[l].biases + j], [j + 1], l + 1);
  }

  z(l: number, i: number, j: number): Name {
    return this.#held("z", "Z", l, i, j);
  }

  /** The activation, before any dropout. */
  a(l: number, i: number, j: number): Name {
    return this.#held("a", "G", l, i, j);
  }

  /** What a layer (−1: the inputs) hands on: x, a, or what dropout makes of a. */
  output(l: number, i: number, j: number): Name {
    if (l < 0) return new Name("x", this.iteration.X[i * this.layers[0].nIn + j], [j + 1]);
    return this.#held(this.iteration.held[l].mask ? "ã" : "a", "A", l, i, j);
  }

  dZ(l: number, i: number, j: number): Name {
    return this.#held("dZ", "dZ", l, i, j);
  }

  mask(l: number, i: number, j: number): Name | null {
    const { mask } = this.iteration.held[l];
    return mask && new Name("mask", mask[i * this.layers[l].nOut + j], [j + 1]);
  }

  /** A target; of several outputs with its number. */
  target(i: number, j: number): Name {
    const outputs = this.layers[this.last].nOut;
    return new Name("y", this.iteration.Y[i * outputs + j], outputs > 1 ? [j + 1] : []);
  }

  #held(base: string, from: "Z" | "G" | "A" | "dZ", l: number, i: number, j: number): Name {
    return new Name(base, this.iteration.held[l][from][i * this.layers[l].nOut + j], [j + 1], l + 1);
  }
}

/** The indices of the largest sizes, in ascending order; of equals the first. */
export function largest(values: number[], most: number): number[] {
  const bySize = values.map((_, k) => k).sort((p, q) => Math.abs(values[q]) - Math.abs(values[p]) || p - q);
  return bySize.slice(0, most).sort((p, q) => p - q);
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
