import type { Focus } from "../../draw/network/layout";
import type { DataInfo } from "../../protocol/answers";
import { layerPlaces } from "../../state/parameters";
import { texts } from "../../texts";

/** One thing that a neuron adds up: a weight times what comes in, or the bias. */
export interface Term {
  id: string;
  name: string;
  /** Where the input comes from; empty for the bias. */
  from: string;
  index: number;
  weight: number;
  /** What comes in; NaN where no example is followed, 1 for the bias. */
  input: number;
  /** What had been added up before this term, and with it. */
  before: number;
  after: number;
}

/** A neuron's sum, term after term, the bias last. */
export function termsOf(info: DataInfo, focus: Focus, parameters: ArrayLike<number>, inputs: number[] | null): Term[] {
  const place = layerPlaces(info.layer_sizes)[focus.layer - 1];
  if (!place) return [];
  const terms: Term[] = [];
  let sum = 0;
  const add = (term: Pick<Term, "id" | "name" | "from" | "index" | "input">) => {
    const weight = parameters[term.index];
    const before = sum;
    sum += weight * term.input;
    terms.push({ ...term, weight, before, after: sum });
  };
  for (let i = 0; i < place.n_in; i++) {
    const from = focus.layer === 1 ? info.inputs[i] : texts.machine.ofLayer(i + 1, focus.layer - 1);
    const index = place.weights + focus.neuron * place.n_in + i;
    add({ id: `weight-${i}`, name: `w${i + 1}`, from, index, input: inputs ? inputs[i] : NaN });
  }
  add({ id: "bias", name: "b", from: "", index: place.biases + focus.neuron, input: inputs ? 1 : NaN });
  return terms;
}

/** How far the axis of the sums reaches to each side: whole steps, so that it seldom moves. */
export function reachOf(terms: Term[]): number {
  const sizes = terms.flatMap(({ before, after }) => [Math.abs(before), Math.abs(after)]);
  const largest = 1.05 * Math.max(0, ...sizes.filter(Number.isFinite));
  const step = largest > 10 ? 10 ** Math.floor(Math.log10(largest)) : 1;
  return Math.max(2, Math.ceil(largest / step) * step);
}

/** How far a slider reaches to each side: the same while it is slid. */
export function slideReach(value: number): number {
  const size = Math.abs(value);
  return size <= 3 ? 3 : 3 * 2 ** Math.ceil(Math.log2(size / 3));
}
