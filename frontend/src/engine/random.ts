import type { Kernels, Numbers, Reals } from "./kernels.ts";
import type { Layer, NetworkSpec } from "./layout.ts";

/** The 64 bits that all randomness of a seed comes from. */
export function keyOf(_kernels: Kernels, seed: number): bigint {
  return BigInt(seed);
}

/** Draw a network's weights and biases. */
export function drawParameters(_kernels: Kernels, _layers: Layer[], _into: Numbers<Reals>, _spec: NetworkSpec): void {}
