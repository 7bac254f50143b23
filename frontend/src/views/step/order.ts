import type { WrittenStage } from "../../protocol";

/** One stop on the way through an iteration. */
export interface Stop {
  stage: WrittenStage["name"];
  layer: number;
  neuron: number;
}

/** The order in which an iteration happens: forward, cost, back, then the updates. */
export function stopsOf(sizes: number[]): Stop[] {
  const layers = sizes.slice(1).map((count, i) => ({ layer: i + 1, count }));
  const each = (list: typeof layers, stage: Stop["stage"]) =>
    list.flatMap(({ layer, count }) => Array.from({ length: count }, (_, i) => ({ stage, layer, neuron: i + 1 })));
  const last = layers.length;
  return [
    ...each(layers, "feed_forward"),
    { stage: "cost", layer: last, neuron: 1 },
    ...each([...layers].reverse(), "back_propagation"),
    ...each(layers, "update"),
  ];
}

export const STAGE_NAMES: Record<Stop["stage"], string> = {
  feed_forward: "Feed-forward",
  cost: "Cost",
  back_propagation: "Back-propagation",
  update: "Update",
};

export const STAGE_WORDS: Record<Stop["stage"], string> = {
  feed_forward:
    "The neuron multiplies its inputs by its weights, adds the bias, and sends the sum through its activation.",
  cost: "How wrong the prediction is, in one number; then the mean over the batch.",
  back_propagation:
    "The chain rule, from the cost back to this neuron: which way would each number make the cost grow?",
  update: "Each parameter takes one step against its derivative, as large as the learning rate says.",
};
