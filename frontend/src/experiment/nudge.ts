import { lookAt } from "../engine/iteration.ts";
import { Training } from "../engine/training.ts";
import type { NudgeInfo } from "../protocol/answers.ts";
import type { Nudge } from "../protocol/requests.ts";
import { ends } from "./arrays.ts";
import type { Data } from "./data.ts";
import { refusal } from "./refusal.ts";

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 };

/** One derivative by back-propagation beside its finite difference, in the next iteration.
 *
 * J is worked out in float64 with the parameter at value ± h, h = ε^⅓ · max(1, |value|),
 * dropout masks and penalties included.
 */
export function nudge(training: Training, data: Data, wanted: Nudge): Omit<NudgeInfo, "type"> {
  const { layer, neuron, input = 0 } = wanted;
  const index = parameterIndex(training, wanted);
  const { gradient } = lookAt(training, null);
  const twin = inDouble(training, data);
  const value = twin.network.parameters[index];
  const h = Math.cbrt(EPSILON.float64) * Math.max(1, Math.abs(value));
  const J = (at: number) => {
    twin.network.parameters[index] = at;
    const { cost, penalty } = lookAt(twin, null);
    return cost + penalty;
  };
  const [cost_up, cost_down] = [J(value + h), J(value - h)];
  const [numeric, analytic] = [(cost_up - cost_down) / (2 * h), gradient[index]];
  const largest = Math.max(1e-3, -ends(gradient)[0], ends(gradient)[1]);
  const tolerance = 100 * EPSILON.float32 * largest + 1e-9 * Math.max(Math.abs(cost_up), largest);
  const symbol = input ? `w${neuron},${input}` : `b${neuron}`;
  return {
    ...{ layer, neuron, input, h, cost_up, cost_down, numeric, analytic },
    name: `${symbol} of layer ${layer}`,
    agrees: Math.abs(numeric - analytic) <= tolerance,
  };
}

function parameterIndex({ network }: Training, { layer, neuron, input = 0 }: Nudge): number {
  const found = network.layers[layer - 1];
  if (!found || neuron > found.nOut || input > found.nIn) {
    throw refusal("noLink", layer, neuron, input);
  }
  if (input === 0) return found.biases + neuron - 1;
  return found.weights + (neuron - 1) * found.nIn + input - 1;
}

/** The same training at the same moment, in float64. */
function inDouble(training: Training, { train: { X, Y } }: Data): Training {
  const kernels = training.network.kernels.fresh("float64");
  const twin = new Training(training.network.copy(kernels), X.values, Y.values, X.rows, training.settings);
  twin.restore(training.state());
  return twin;
}
