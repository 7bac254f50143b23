import type { Network } from "../engine/network.ts";
import type { DescentInfo } from "../protocol/answers.ts";
import type { Rows } from "./data.ts";

const POINTS = 81;

type Curve = Omit<DescentInfo, "type" | "iteration">;

/** The cost over one parameter, the others as they are; the network is left as it was.
 *
 * The range holds where the parameter is, and where the next step of gradient descent on
 * these rows leads. It goes by whole halves of itself: while the parameter moves within,
 * the curve stands still.
 */
export function descentCurve(network: Network, { X, Y }: Rows, cost: string, index: number, rate: number): Curve {
  const value = network.parameters[index];
  const J = (at: number) => {
    network.parameters[index] = at;
    return network.cost(X.values, Y.values, X.rows, cost);
  };
  const slope = network.backPropagate(X.values, Y.values, X.rows, cost).flat[index];
  const next = value - rate * slope;
  const reach = 2 ** Math.ceil(Math.log2(Math.max(2, 1.5 * Math.abs(next - value))));
  const centre = (Math.round((2 * value) / reach) * reach) / 2;
  const values = Array.from({ length: POINTS }, (_, i) => centre + reach * ((2 * i) / (POINTS - 1) - 1));
  try {
    const costs = values.map(J);
    const here = { value, cost: J(value), next, next_cost: J(next) };
    return { index, slope, ...here, values, costs, rows: X.rows };
  } finally {
    network.parameters[index] = value;
  }
}
