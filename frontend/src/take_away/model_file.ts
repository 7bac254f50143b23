import type { Network } from "../engine/network.ts";
import { sha256 } from "./sha256.ts";

/** A network as a model file, as `walnet.save` writes it: see `walnet.saving.container`. */
export function modelFile({ spec, parameters }: Network): Uint8Array<ArrayBuffer> {
  const model = {
    activation: spec.activations,
    dtype: "float32",
    initializer: spec.initializer,
    layer_sizes: spec.sizes,
    output: spec.output,
    seed: spec.seed,
  };
  const header = JSON.stringify({ kind: "network", model }); // its keys are in order
  const data = bytesOf(parameters);
  const sum = sha256(joined(start(header, parameters.length, "0".repeat(64)), data));
  return joined(start(header, parameters.length, sum), data);
}

/** The length of the description, and the description. */
function start(header: string, n: number, sum: string): Uint8Array {
  const text = JSON.stringify({
    __metadata__: { format: "walnet", format_version: "1", sha256: sum, header },
    parameters: { dtype: "F32", shape: [n], data_offsets: [0, 4 * n] },
  });
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, " ");
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(padded.length), true);
  return joined(new Uint8Array(length.buffer), new TextEncoder().encode(padded));
}

export function bytesOf(numbers: Network["parameters"]): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
