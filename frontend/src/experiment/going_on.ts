import type { Layer } from "../engine/layout.ts";
import type { Network } from "../engine/network.ts";
import type { Training } from "../engine/training.ts";

/** Go on from a training with another one, where it stands.
 *
 * Where sizes, batch size and optimizer are the same, everything goes on: the optimizer's
 * memory, the order of the examples. Else the parameters do, as far as shapes allow.
 */
export function goOn(from: Training, to: Training): void {
  if (sharesState(from, to)) {
    to.restore(from.state());
    return;
  }
  carryParameters(from.network, to.network);
  to.learningRate = from.learningRate;
}

export function sharesState(from: Training, to: Training): boolean {
  const [a, b] = [from.settings, to.settings];
  return (
    String(from.network.spec.sizes) === String(to.network.spec.sizes) &&
    a.batchSize === b.batchSize &&
    a.optimizer === b.optimizer
  );
}

/** Take the weights and biases over that both networks have; the others stay as they are.
 *
 * Hidden layers correspond by their number, counted from the inputs. The output layer is
 * taken over where there are as many layers: else it reads other neurons than before.
 */
function carryParameters(from: Network, to: Network): void {
  const sameDepth = from.layers.length === to.layers.length;
  const hidden = Math.min(from.layers.length, to.layers.length) - 1;
  const common = sameDepth ? hidden + 1 : hidden;
  for (let l = 0; l < common; l++) {
    carryLayer(from.layers[l], from.parameters, to.layers[l], to.parameters);
  }
}

type Numbers = Network["parameters"];

function carryLayer(old: Layer, source: Numbers, made: Layer, target: Numbers): void {
  const inputs = Math.min(old.nIn, made.nIn);
  for (let j = 0; j < Math.min(old.nOut, made.nOut); j++) {
    for (let k = 0; k < inputs; k++) {
      target[made.weights + j * made.nIn + k] = source[old.weights + j * old.nIn + k];
    }
    target[made.biases + j] = source[old.biases + j];
  }
}
